/** The line to paste on a device. With a pin it works before the API has a certificate that the device would take. */
export function enrollCommand(enrollment: {
  readonly serverUrl: string;
  readonly key: string;
  readonly pin?: string;
}): string {
  const { serverUrl, key, pin } = enrollment;
  const fetched = pin === undefined ? 'curl -fsS' : `curl -fsSk --pinnedpubkey '${pin}'`;
  const trusted = pin === undefined ? '' : ` --pin '${pin}'`;
  return `${fetched} ${serverUrl}/agent | sh -s -- enroll --server ${serverUrl}${trusted} --key ${key}`;
}
