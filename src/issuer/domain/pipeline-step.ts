/**
 * The steps of an issuance, each named for what has just been done. They are the timeline that people see, and the
 * points at which the crash test kills the process.
 */
export const PIPELINE_STEPS = [
  'claimed',
  /** The CA has answered newOrder; nothing is stored yet. */
  'acme-order-made',
  /** The CA's order URL is stored: from here on a crash resumes this order. */
  'acme-order-stored',
  'challenge-published',
  'challenge-confirmed',
  'challenge-answered',
  'authorized',
  /** The CA has answered finalize. */
  'finalized',
  'certificate-downloaded',
  'certificate-checked',
  /** The certificate is stored and the order issued, in one transaction. */
  'certificate-stored',
  'challenge-withdrawn',
] as const;

export type PipelineStep = (typeof PIPELINE_STEPS)[number];
