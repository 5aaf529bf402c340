import type { MessageSource } from '../listeners/message-hook.js';
import type { MessagePipeline } from '../listeners/message-pipeline.js';

/** The way back of one forwarded message. */
export interface ForwardReply {
  answer(message: Uint8Array): void;
  /** No more answers will come. */
  answered(): void;
}

/**
 * Answers in the main process what workers forwarded. Its pipeline has no gate: the message has passed the worker's.
 */
export class ForwardedMessages {
  constructor(private readonly pipeline: MessagePipeline) {}

  handle(message: Uint8Array, source: MessageSource, reply: ForwardReply): void {
    let isLater = false;
    const octets = this.pipeline.process(
      Buffer.from(message.buffer, message.byteOffset, message.length),
      'udp',
      source,
      {
        respond: (answer) => {
          reply.answer(answer);
          return Promise.resolve();
        },
        changeAnswersDue: (change) => {
          isLater = true;
          if (change === -1) reply.answered();
        },
      },
    );
    if (octets > 0) reply.answer(Buffer.from(this.pipeline.octets.subarray(0, octets)));
    if (!isLater) reply.answered();
  }
}
