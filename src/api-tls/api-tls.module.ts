import { Module } from '@nestjs/common';

import { DevicesModule } from '../devices/devices.module.js';
import { IssuerModule } from '../issuer/issuer.module.js';
import { ApiAddress } from './api-address.js';
import { ApiCertificate } from './api-certificate.js';
import { ApiTlsStore } from './api-tls-store.js';
import { HttpsListener } from './https-listener.js';
import { RootBundles } from './root-bundle.js';
import { RootsController } from './roots.controller.js';

/** TLS of the API's own, and the roots that devices trust it by. */
@Module({
  imports: [DevicesModule, IssuerModule],
  controllers: [RootsController],
  providers: [ApiAddress, ApiCertificate, ApiTlsStore, HttpsListener, RootBundles],
  exports: [ApiCertificate, HttpsListener],
})
export class ApiTlsModule {}
