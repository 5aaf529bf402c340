import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { IsTime, timeOf } from '../../platform/http/iso-time.js';
import { PATH_UUID } from '../../platform/http/path-uuid.js';
import { ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';

import { PageQuery, pageOfList, type Page } from '../../platform/http/page.js';
import { Problems } from '../../platform/http/problems.js';
import { ApiKeys } from '../auth/api-keys.js';
import { NeedsRole } from '../auth/operator.guard.js';
import { ROLES, type Role } from '../domain/role.js';

class NewApiKeyDto {
  @ApiProperty({ enum: ROLES })
  @IsIn(ROLES)
  role: Role;

  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  @MaxLength(500)
  note?: string;

  @ApiPropertyOptional({ type: String, format: 'date-time' })
  @IsOptional()
  @IsTime()
  expiresAt?: string;
}

interface ApiKeyItem {
  readonly id: string;
  readonly role: Role;
  readonly note: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
}

@ApiTags('operators')
@NeedsRole('admin')
@Controller('v1/api-keys')
export class ApiKeysController {
  constructor(private readonly apiKeys: ApiKeys) {}

  @Get()
  @ApiOperation({ summary: 'Operator credentials, without the credentials themselves' })
  async list(@Query() query: PageQuery): Promise<Page<ApiKeyItem>> {
    const keys = await this.apiKeys.list();
    return pageOfList(keys, query, ({ id, role, note, createdAt, expiresAt }) => ({
      id,
      role,
      note,
      createdAt,
      expiresAt,
    }));
  }

  @Post()
  @ApiOperation({ summary: 'Make an operator credential; it is shown this once' })
  create(@Body() body: NewApiKeyDto): Promise<{ id: string; key: string; role: Role }> {
    return this.apiKeys.create(body.role, body.note, timeOf(body.expiresAt));
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke an operator credential' })
  @Problems('not_found')
  revoke(@Param('id', PATH_UUID) id: string): Promise<void> {
    return this.apiKeys.revoke(id);
  }
}
