import { describe, expect, it } from 'vitest';

import { html } from './html.js';

describe('html', () => {
  it('escapes every value in text and in attributes', () => {
    expect(html`<b title="${`"><script>'`}">${'<script>&'}</b>`.toString()).toBe(
      '<b title="&quot;&gt;&lt;script&gt;&#39;">&lt;script&gt;&amp;</b>',
    );
  });

  it('takes pieces made by itself as they are, also in lists', () => {
    const items = ['a', '<'].map((text) => html`<i>${text}</i>`);
    expect(html`<b>${items}</b>`.toString()).toBe('<b><i>a</i><i>&lt;</i></b>');
  });

  it('shows zero, and nothing for null, undefined and false', () => {
    expect(html`[${0}${null}${undefined}${false}]`.toString()).toBe('[0]');
  });
});
