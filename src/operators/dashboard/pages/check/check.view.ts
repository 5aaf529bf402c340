import { rebindingExceptions } from '../../../../ddns/doctor/domain/rebinding-exceptions.js';
import type { DomainError } from '../../../../kernel/errors.js';
import { field } from '../../html/form.js';
import { html, type Html } from '../../html/html.js';
import { layout } from '../../html/layout.js';

/** A device whose name was entered. */
export interface CheckedDevice {
  readonly name: string;
  readonly zone: string;
  /** What our DNS answers. */
  readonly addresses: readonly string[];
  /** `https://…`, without a path. */
  readonly url: string;
}

export interface CheckView {
  readonly zones: readonly string[];
  readonly entered: { readonly name: string; readonly port: string };
  readonly device?: CheckedDevice;
  readonly error?: DomainError;
}

export function checkPage({ zones, entered, device, error }: CheckView): Html {
  return layout({
    title: 'Is my device reachable?',
    error,
    scripts: device ? ['check.js'] : [],
    content: html`<form method="get" action="/check" class="filters" aria-label="Device">
        ${field('name', 'name', 'Name of the device', { value: entered.name, isRequired: true, longest: 253, placeholder: `….${zones[0]}` })}
        ${field('port', 'port', 'Port', { value: entered.port, type: 'number', least: 1, most: 65_535, placeholder: '443' })}
        <button class="primary">Check</button>
      </form>
      ${device && result(device)} ${guide(device?.zone ?? zones[0]!)}`,
  });
}

function result({ name, addresses, url }: CheckedDevice): Html {
  if (addresses.length === 0) {
    return html`<section class="card" aria-labelledby="result">
      <h2 id="result">The device has no address</h2>
      <p>
        <code>${name}</code> has no address in the DNS. Check the name for mistakes. If it is right, the device has not
        registered its address yet: switch it on and wait a few minutes.
      </p>
    </section>`;
  }
  const listed = addresses.map((address, index) => html`${index > 0 && ', '}<code>${address}</code>`);
  return html`<section class="card" aria-labelledby="result">
    <h2 id="result">From this browser</h2>
    <p class="alert" role="status" data-check="${url}/">
      Open <a href="${url}/" rel="noreferrer">${url}/</a>. If the device's own page appears without a warning, all is
      well.
    </p>
    <div data-verdict="reachable" hidden>
      <p>This browser reached the device, and its certificate is good.</p>
    </div>
    <div data-verdict="unreachable" hidden>
      <p data-pace="quick" hidden>
        It failed at once. That is how it looks when the router withholds the address (2), nothing serves HTTPS on this
        port (3), or the certificate is not accepted (4).
      </p>
      <p data-pace="slow" hidden>
        Nothing answered for some seconds. That is how it looks when the device is in another network (1), or off (3).
      </p>
      <p>A browser does not tell a page more. These are the reasons, the most frequent one first:</p>
    </div>
    <ol class="steps">
      <li>
        <strong>This computer is in another network.</strong> The device has the private
        ${addresses.length === 1 ? 'address' : 'addresses'} ${listed}, which can be reached from its own network (or
        through a VPN into it) only.
      </li>
      <li>
        <strong>The router withholds the address</strong> (DNS rebinding protection). On this computer, enter
        <code>nslookup ${name}</code>: it has to answer ${listed}. If it finds nothing, enter the exception for your
        router, below.
      </li>
      <li><strong>The device is off</strong>, or does not serve HTTPS on this port.</li>
      <li>
        <strong>The certificate is not accepted.</strong> Then the page opens with a warning that names the reason; a
        wrong clock on this computer is one.
      </li>
      <li>
        <strong>The browser asks for permission</strong> to reach devices in the local network, and it was refused. It
        is in the site's settings, left of the address.
      </li>
    </ol>
  </section>`;
}

function guide(zone: string): Html {
  return html`<section class="card" aria-labelledby="guide">
    <h2 id="guide">Let the router answer</h2>
    <p>
      Many routers drop DNS answers with private addresses, because an attacker's site could reach into the network with
      them. Names in <code>${zone}</code> have private addresses on purpose. This is the exception to enter, once for
      the whole network:
    </p>
    ${rebindingExceptions(zone).map(
      ({ product, where, filtersByDefault, lines }) =>
        html`<details class="guide">
          <summary>${product}</summary>
          <p>${where}.</p>
          ${lines.length > 0 && html`<pre tabindex="0" role="region" aria-label="For ${product}">${lines.join('\n')}</pre>`}
          ${!filtersByDefault && html`<p class="muted">It withholds private addresses only if it was told to.</p>`}
        </details>`,
    )}
    <p>
      Another router? Look for “DNS rebind protection” in its settings, and exempt <code>${zone}</code> there. If there
      is no such setting, give this computer another resolver and check again.
    </p>
  </section>`;
}
