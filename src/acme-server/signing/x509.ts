import 'reflect-metadata';

import * as x509 from '@peculiar/x509';

/** The library, with the polyfill that it needs loaded before it. It finds WebCrypto as a global by itself. */
export { x509 };
