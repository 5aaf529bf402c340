import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const OWN_FOLDERS = ['agent', 'bench', 'deploy', 'docs', 'migrations', 'scripts', 'src', 'test'];
/** Paths may begin at the root, or within src. */
const FIRST_SEGMENTS = new Set([...OWN_FOLDERS, ...readdirSync(join(ROOT, 'src'))]);
const OWN_FILE = /\.(ts|mts|mjs|cjs|md)$/;

const documents = globSync(['*.md', '{agent,bench,deploy,docs,src,test}/**/*.md'], { cwd: ROOT }).toSorted();
const fileNames = new Set(
  globSync(['*', ...OWN_FOLDERS.map((folder) => `${folder}/**/*`)], { cwd: ROOT }).map((path) => basename(path)),
);

/** What a document names in code spans and links, without code blocks and addresses. */
function namesIn(document: string): { readonly spans: string[]; readonly links: string[] } {
  const text = readFileSync(join(ROOT, document), 'utf8').replaceAll(/^```[\s\S]*?^```/gm, '');
  const spans = [...text.matchAll(/`([^`\n]+)`/g)].map(([, name]) => name!);
  const links = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, target]) => target!);
  return { spans, links: links.filter((target) => !/^[a-z]+:/.test(target)) };
}

/** A path of this repository: its first folder is one of ours, or it ends like our files; not a URL's path. */
function isOwnPath(name: string): boolean {
  if (!/^[\w.@*-][\w.@*/{},-]*$/.test(name)) return false;
  return OWN_FILE.test(name) || (name.includes('/') && FIRST_SEGMENTS.has(name.split('/')[0]!));
}

/** From the document's folder, the root or src; a name without a folder can be that of any file. */
function isThere(name: string, document: string): boolean {
  if (!name.includes('/') && fileNames.has(name)) return true;
  return [dirname(document), '.', 'src'].some((folder) => globSync(join(folder, name), { cwd: ROOT }).length > 0);
}

describe.each(documents)('%s', (document) => {
  const { spans, links } = namesIn(document);

  it('names files that are there', () => {
    expect(spans.filter((name) => isOwnPath(name) && !isThere(name, document))).toEqual([]);
  });

  it('links to files that are there', () => {
    expect(links.filter((target) => !existsSync(join(ROOT, dirname(document), target)))).toEqual([]);
  });
});
