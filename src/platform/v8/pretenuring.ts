import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8 from making objects old from the start. It does so with those of places in the code where most have lived for
 * long once, such as when a zone was loaded. Each that dies at once later is then garbage among the old, where only a
 * full collection finds it, and all that it points to grows old with it: 6 KB of each change of addresses, and a full
 * collection every 3 to 8 s at 500 changes a second, with four threads at work for 100 ms. Without it there is none in
 * minutes. What does live for long is copied twice before it counts as old, which is little work.
 *
 * To be called early: code that was compiled before keeps what was decided for it.
 */
export function keepNewObjectsYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}
