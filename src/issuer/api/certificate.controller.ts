import { Body, Controller, Get, HttpCode, Post, Req, Res, UseGuards } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiHeader,
  ApiOperation,
  ApiResponse,
  ApiSecurity,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { Request, Response } from 'express';

import { CurrentDevice } from '../../devices/auth/current-device.js';
import { DeviceGuard, SuspendedAllowed } from '../../devices/auth/device.guard.js';
import type { Device } from '../../devices/domain/device.js';
import { Clock } from '../../kernel/clock.js';
import { DomainError } from '../../kernel/errors.js';
import { Problems } from '../../platform/http/problems.js';
import { CertificateStore, type StoredCertificate } from '../certificates/certificate-store.js';
import { secondsLeft } from '../certificates/seconds-left.js';
import { revocationReason } from '../domain/revocation-reason.js';
import { Revocations } from '../revocation/revocations.js';
import { CertificateAnswer, RevocationAnswer } from './answers.js';
import { RevokeDto } from './revoke.dto.js';

const PEM_CHAIN = 'application/pem-certificate-chain';
const JSON_TYPE = 'application/json';
const ETag = { description: 'Of this certificate in this form', schema: { type: 'string' } };

/** The certificate of the calling device. */
@ApiTags('device')
@ApiSecurity('deviceToken')
@UseGuards(DeviceGuard)
@Controller('v1/device/certificate')
export class CertificateController {
  constructor(
    private readonly certificates: CertificateStore,
    private readonly revocations: Revocations,
    private readonly clock: Clock,
  ) {}

  @Get()
  @SuspendedAllowed()
  @ApiOperation({ summary: 'The newest certificate: a PEM chain, or JSON' })
  @ApiHeader({ name: 'If-None-Match', required: false, description: 'The ETag of the one that the device has' })
  @ApiExtraModels(CertificateAnswer)
  @ApiResponse({
    status: 200,
    description:
      'The chain, leaf first and without the root; with `Accept: application/json` what there is to know of it',
    headers: { ETag, Vary: { schema: { type: 'string' }, description: 'Accept' } },
    content: {
      [PEM_CHAIN]: {
        schema: { type: 'string' },
        example: '-----BEGIN CERTIFICATE-----\nMII…\n-----END CERTIFICATE-----\n',
      },
      [JSON_TYPE]: { schema: { $ref: getSchemaPath(CertificateAnswer) } },
    },
  })
  @ApiResponse({ status: 304, description: 'The one that If-None-Match names', headers: { ETag } })
  @Problems('no_certificate')
  async show(@CurrentDevice() device: Device, @Req() request: Request, @Res() response: Response): Promise<void> {
    const certificate = await this.certificates.newest(device.deviceId);
    if (!certificate) {
      throw new DomainError(
        'no_certificate',
        'This device has no certificate yet. POST /v1/device/orders asks for one.',
      );
    }
    if (certificate.revokedAt !== undefined) {
      throw new DomainError(
        'no_certificate',
        'The certificate of this device was revoked. POST /v1/device/orders asks for a new one.',
      );
    }
    const type = request.accepts([PEM_CHAIN, JSON_TYPE]) || PEM_CHAIN;
    response.setHeader('Vary', 'Accept');
    response.setHeader('ETag', `"${certificate.sha256}${type === JSON_TYPE ? '-json' : ''}"`);
    if (request.fresh) {
      response.status(304).end();
    } else if (type === JSON_TYPE) {
      response.type(JSON_TYPE).send(JSON.stringify(jsonOf(certificate, this.clock.now())));
    } else {
      response.setHeader('Content-Type', PEM_CHAIN);
      response.end(certificate.pem);
    }
  }

  @Post('revoke')
  @SuspendedAllowed()
  @HttpCode(202)
  @ApiOperation({ summary: 'Revoke the newest certificate: recorded at once, told to the CA until that confirms' })
  @ApiResponse({ status: 202, type: RevocationAnswer, description: 'Recorded' })
  @Problems('no_certificate', 'already_revoked')
  async revoke(@CurrentDevice() device: Device, @Body() body: RevokeDto): Promise<RevocationAnswer> {
    const reason = revocationReason(body.reason ?? 'unspecified')!;
    const { serial, revokedAt } = await this.revocations.revokeNewest(device.deviceId, reason);
    return { serial, revokedAt: revokedAt!.toISOString(), reason };
  }
}

function jsonOf(certificate: StoredCertificate, now: Date): CertificateAnswer {
  return {
    pem: certificate.pem,
    serial: certificate.serial,
    sha256: certificate.sha256,
    notBefore: certificate.notBefore.toISOString(),
    notAfter: certificate.notAfter.toISOString(),
    renewAt: certificate.renewAt.toISOString(),
    secondsLeft: secondsLeft(certificate.notAfter, now),
  };
}
