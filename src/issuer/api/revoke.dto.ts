import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';

import { REVOCATION_REASONS } from '../domain/revocation-reason.js';

const NAMES = Object.keys(REVOCATION_REASONS);
const ACCEPTED = [...NAMES, ...Object.values(REVOCATION_REASONS)];

/** Body of `POST /v1/device/certificate/revoke`. */
export class RevokeDto {
  @ApiPropertyOptional({
    description: 'Why, as RFC 5280 section 5.3.1 calls it (or its number). `keyCompromise` refuses the key for ever.',
    enum: NAMES,
    default: 'unspecified',
  })
  @IsOptional()
  @IsIn(ACCEPTED, { message: `reason must be one of ${NAMES.join(', ')}` })
  reason?: string | number;
}
