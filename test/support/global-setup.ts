/** Runs once before all test files. */
export default function setup(): void {
  process.env['NODE_ENV'] = 'test';
}
