import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { IsTime, timeOf } from '../../platform/http/iso-time.js';
import { PATH_UUID } from '../../platform/http/path-uuid.js';
import { ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';

import { EnrollmentKeys } from '../../devices/enrollment/enrollment-keys.js';
import { PageQuery, pageOfList, type Page } from '../../platform/http/page.js';
import { Problems } from '../../platform/http/problems.js';
import { NeedsRole } from '../auth/operator.guard.js';

class NewEnrollmentKeyDto {
  @ApiPropertyOptional({ description: 'How many devices may enroll with it; absent: any number' })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(10_000_000)
  maxUses?: number;

  @ApiPropertyOptional({ type: String, format: 'date-time' })
  @IsOptional()
  @IsTime()
  expiresAt?: string;

  @ApiPropertyOptional({ description: 'The zone that its devices get names in; absent: the first one' })
  @IsOptional()
  @IsString()
  @MaxLength(253)
  zone?: string;

  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  @MaxLength(100)
  group?: string;

  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  @MaxLength(500)
  note?: string;
}

interface EnrollmentKeyItem {
  readonly id: string;
  readonly zone: string;
  readonly group: string | null;
  readonly note: string | null;
  readonly maxUses: number | null;
  readonly uses: number;
  readonly expiresAt: Date | null;
  readonly createdAt: Date;
}

@ApiTags('operators')
@Controller('v1/enrollment-keys')
export class EnrollmentKeysController {
  constructor(private readonly keys: EnrollmentKeys) {}

  @Get()
  @NeedsRole('viewer')
  @ApiOperation({ summary: 'Enrollment keys, without the keys themselves' })
  async list(@Query() query: PageQuery): Promise<Page<EnrollmentKeyItem>> {
    const keys = await this.keys.list();
    return pageOfList(keys, query, ({ id, zone, group, note, maxUses, uses, expiresAt, createdAt }) => ({
      id,
      zone,
      group,
      note,
      maxUses,
      uses,
      expiresAt,
      createdAt,
    }));
  }

  @Post()
  @NeedsRole('operator')
  @ApiOperation({ summary: 'Make an enrollment key; it is shown this once' })
  @Problems('unknown_zone')
  create(@Body() body: NewEnrollmentKeyDto): Promise<{ id: string; key: string }> {
    return this.keys.create({ ...body, expiresAt: timeOf(body.expiresAt) });
  }

  @Delete(':id')
  @HttpCode(204)
  @NeedsRole('operator')
  @ApiOperation({ summary: 'Revoke an enrollment key; the devices that it enrolled stay' })
  @Problems('not_found')
  revoke(@Param('id', PATH_UUID) id: string): Promise<void> {
    return this.keys.revoke(id);
  }
}
