import { ApiProperty, ApiPropertyOptional, IntersectionType, OmitType } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsBooleanString,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  MaxLength,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';

import { MOST_ALIASES } from '../../devices/domain/alias.js';
import { REVOCATION_REASONS, type RevocationReason } from '../../issuer/domain/revocation-reason.js';
import { IsTime, timeOf } from '../../platform/http/iso-time.js';
import { PageQuery } from '../../platform/http/page.js';
import { BULK_ACTIONS, type BulkAction } from '../bulk/bulk-action.js';
import { CERTIFICATE_HEALTHS, type CertificateHealth } from '../domain/certificate-health.js';
import type { DeviceFilter } from '../devices/device-filter.js';
import { DEVICE_SORTS, type DeviceSort } from '../devices/device-sort.js';
import { ExportFormatQuery } from './export-format.dto.js';
import { queryList } from './query-list.js';

const STATES = ['active', 'suspended'] as const;
const MOST_IDS = 1000;

/** Which devices; the same for the list, the export and bulk actions. */
export class DeviceFilterDto {
  @ApiPropertyOptional({ enum: STATES })
  @IsOptional()
  @IsIn(STATES)
  state?: string;

  @ApiPropertyOptional({ description: 'A zone of this server' })
  @IsOptional()
  @IsString()
  @MaxLength(253)
  zone?: string;

  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  @MaxLength(100)
  group?: string;

  @ApiPropertyOptional({
    enum: CERTIFICATE_HEALTHS,
    isArray: true,
    description: 'Health of the certificate: one, or several (in a query separated by commas)',
  })
  @IsOptional()
  @Transform(queryList)
  @ArrayMinSize(1)
  @IsIn(CERTIFICATE_HEALTHS, { each: true })
  health?: CertificateHealth[];

  @ApiPropertyOptional({
    description: 'Part of the name, label, an alias, the group, note or hardware id; or a whole address',
  })
  @IsOptional()
  @IsString()
  @MaxLength(253)
  q?: string;

  @ApiPropertyOptional({ type: String, format: 'date-time', description: 'Has not called since' })
  @IsOptional()
  @IsTime()
  lastSeenBefore?: string;

  @ApiPropertyOptional({ type: String, format: 'date-time', description: 'Has called since' })
  @IsOptional()
  @IsTime()
  lastSeenAfter?: string;
}

/** What a list of devices asks for. */
export class DeviceQueryDto extends IntersectionType(PageQuery, DeviceFilterDto) {
  @ApiPropertyOptional({ enum: DEVICE_SORTS, default: 'enrolledAt', description: 'With - before it: descending' })
  @IsOptional()
  @IsIn(DEVICE_SORTS)
  sort?: DeviceSort;
}

export class DeviceExportQuery extends IntersectionType(
  OmitType(DeviceQueryDto, ['limit', 'cursor'] as const),
  ExportFormatQuery,
) {}

export class DeviceChangesDto {
  @ApiPropertyOptional({ nullable: true, type: String })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  note?: string | null;

  @ApiPropertyOptional({ nullable: true, type: String })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  group?: string | null;

  @ApiPropertyOptional({ description: "Answer *.<device> with the device's addresses" })
  @ValidateIf((_body, value) => value !== undefined)
  @IsBoolean()
  wildcard?: boolean;

  @ApiPropertyOptional({
    type: [String],
    maxItems: MOST_ALIASES,
    example: ['nas'],
    description:
      "Labels of further names, directly in the device's zone: all of them, an empty list takes them away. DNS answers them with the device's addresses, and its CSR may hold them",
  })
  @ValidateIf((_body, value) => value !== undefined)
  @IsArray()
  @ArrayMaxSize(MOST_ALIASES)
  @IsString({ each: true })
  @MaxLength(253, { each: true })
  aliases?: string[];
}

export class DeletionQuery {
  @ApiPropertyOptional({ description: 'Also revoke the certificate', type: Boolean })
  @IsOptional()
  @IsBooleanString()
  revoke?: string;
}

/** Which devices a bulk action is for: every field that is there has to fit. */
export class BulkFilterDto extends DeviceFilterDto {
  @ApiPropertyOptional({ type: [String], format: 'uuid', maxItems: MOST_IDS })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MOST_IDS)
  @IsUUID(undefined, { each: true })
  ids?: string[];
}

export class BulkActionDto {
  @ApiProperty({ enum: BULK_ACTIONS })
  @IsIn(BULK_ACTIONS)
  action: BulkAction;

  @ApiProperty({ type: BulkFilterDto, description: '{} for every device' })
  @IsObject()
  @ValidateNested()
  @Type(() => BulkFilterDto)
  filter: BulkFilterDto;

  @ApiPropertyOptional({ description: 'Only count, and show some of the devices; nothing changes', default: false })
  @ValidateIf((_body, value) => value !== undefined)
  @IsBoolean()
  dryRun?: boolean;

  @ApiPropertyOptional({
    minimum: 0,
    description: 'How many devices the dry run has counted; needed without dryRun. With another count nothing is done',
  })
  @ValidateIf((_body, value) => value !== undefined)
  @IsInt()
  @Min(0)
  expectedCount?: number;

  @ApiPropertyOptional({ nullable: true, type: String, description: 'set-group: the group; null for none' })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  group?: string | null;

  @ApiPropertyOptional({ description: 'delete: also revoke the certificates', default: false })
  @ValidateIf((_body, value) => value !== undefined)
  @IsBoolean()
  revoke?: boolean;

  @ApiPropertyOptional({ enum: Object.keys(REVOCATION_REASONS), description: 'revoke: why; default `unspecified`' })
  @IsOptional()
  @IsIn(Object.keys(REVOCATION_REASONS))
  reason?: RevocationReason;
}

/** The filter with times as times. */
export function deviceFilter({ lastSeenBefore, lastSeenAfter, ...filter }: BulkFilterDto): DeviceFilter {
  return {
    ...filter,
    ...(lastSeenBefore !== undefined && { lastSeenBefore: timeOf(lastSeenBefore) }),
    ...(lastSeenAfter !== undefined && { lastSeenAfter: timeOf(lastSeenAfter) }),
  };
}
