import { Injectable } from '@nestjs/common';

import type { MessageHook } from './message-hook.js';

/** The hooks of this server, in the order in which they are asked. They may be added while it runs. */
@Injectable()
export class MessageHooks {
  readonly all: MessageHook[] = [];

  add(hook: MessageHook): void {
    this.all.push(hook);
  }
}
