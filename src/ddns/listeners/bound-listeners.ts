import { Injectable } from '@nestjs/common';

import type { ListenAddress } from '../../platform/config/app-config.js';

/** Where this server's DNS really listens; empty until it does. */
@Injectable()
export class BoundListeners {
  #addresses: readonly ListenAddress[] = [];

  get addresses(): readonly ListenAddress[] {
    return this.#addresses;
  }

  set(addresses: readonly ListenAddress[]): void {
    this.#addresses = addresses;
  }
}
