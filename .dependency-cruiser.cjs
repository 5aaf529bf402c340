/**
 * Imports go one way: kernel <- platform <- devices <- ddns <- issuer <- acme-server <- api-tls <- doors <- operators <- sandbox <- main.
 * A module's domain/ is pure: its own folder and the kernel only, no framework, no I/O.
 */
const order = [
  'kernel',
  'platform',
  'devices',
  'ddns',
  'issuer',
  'acme-server',
  'api-tls',
  'doors',
  'operators',
  'sandbox',
];

/** What domain code may not touch: frameworks, databases, sockets, files, timers. */
const IMPURE = [
  ...['@nestjs', 'typeorm', 'pg', 'express', 'axios', 'acme-client'].map((name) => `^node_modules/${name}/`),
  ...['fs', 'net', 'dgram', 'http', 'https', 'tls', 'child_process', 'timers', 'worker_threads', 'cluster'].flatMap(
    (name) => [`^${name}$`, `^${name}/promises$`, `^node:${name}$`, `^node:${name}/promises$`],
  ),
];

const oneWay = order.map((module, index) => ({
  name: `imports-one-way:${module}`,
  severity: 'error',
  comment: `src/${module} may import only the modules before it: ${order.slice(0, index).join(', ') || 'none'}`,
  from: { path: `^src/${module}/` },
  to: { path: `^src/(${[...order.slice(index + 1), 'cli', 'main', 'app.module'].join('|')})(/|\\.|$)` },
}));

module.exports = {
  forbidden: [
    ...oneWay,
    {
      name: 'domain-is-pure',
      severity: 'error',
      comment: 'domain/ holds decisions: no Nest, TypeORM, sockets, files, clock or randomness',
      from: { path: '^src/([^/]+)/.*domain/', pathNot: '\\.test\\.ts$' },
      to: { path: IMPURE },
    },
    {
      name: 'domain-imports-own-folder-and-kernel',
      severity: 'error',
      from: { path: '^src/([^/]+)/.*domain/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/', pathNot: ['^src/kernel/', '^src/$1/.*domain/'] },
    },
    {
      name: 'client-stands-alone',
      severity: 'error',
      comment: 'src/client is for other programs, too: nothing of the server comes with it',
      from: { path: '^src/client/' },
      to: { path: '^src/', pathNot: '^src/client/' },
    },
    {
      name: 'kernel-is-pure',
      severity: 'error',
      from: { path: '^src/kernel/', pathNot: '\\.test\\.ts$' },
      to: { path: '(^|/)(@nestjs|typeorm|pg|express)(/|$)' },
    },
    {
      name: 'tracing-is-loaded-when-asked-for',
      severity: 'error',
      comment: "OpenTelemetry's SDK is loaded by one file, and that one only by a dynamic import",
      from: { path: '^src/', pathNot: '^src/platform/tracing/open-telemetry\\.ts$' },
      to: { path: '^node_modules/@opentelemetry/(?!api/)' },
    },
    {
      name: 'tracing-is-imported-dynamically',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^src/platform/tracing/open-telemetry\\.ts$', dependencyTypesNot: ['dynamic-import', 'type-only'] },
    },
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
