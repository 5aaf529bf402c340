import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, ArrayUnique, IsArray, IsIn, IsOptional, Validate } from 'class-validator';
import { ValidatorConstraint, type ValidatorConstraintInterface } from 'class-validator';

import { readAllowFrom } from '../../doors/domain/allowed-sources.js';
import { UPDATE_TYPES, type UpdateType, type WantedAccess } from './access-grants.js';

const DOORS = ['acme-dns', 'httpreq', 'dyndns2', 'rfc2136'] as const;
const MOST_RANGES = 50;

@ValidatorConstraint({ name: 'isRange' })
class IsRange implements ValidatorConstraintInterface {
  validate(text: unknown): boolean {
    return typeof text === 'string' && readAllowFrom([text]) !== undefined;
  }

  defaultMessage(): string {
    return 'allowfrom has to be a list of CIDR ranges such as 192.168.100.0/24 or [fd00::]/64';
  }
}

export class NewAccessDto implements WantedAccess {
  @ApiProperty({ enum: DOORS })
  @IsIn(DOORS, { message: `door must be one of ${DOORS.join(', ')}` })
  door: (typeof DOORS)[number];

  @ApiPropertyOptional({ enum: UPDATE_TYPES, isArray: true, default: ['TXT'], description: 'rfc2136 only' })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayUnique()
  @IsIn(UPDATE_TYPES, { each: true })
  types?: UpdateType[];

  @ApiPropertyOptional({ type: [String], description: 'acme-dns only: CIDR ranges that updates may come from' })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MOST_RANGES)
  @Validate(IsRange, { each: true })
  allowfrom?: string[];
}
