import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';

import { type FixedRecords, FixedRecordService } from '../../ddns/publishing/fixed-records.js';
import { Secondaries, type ListedSecondary } from '../../ddns/transfer/secondaries.js';
import { type CreatedTsigKey, type ListedTsigKey, TsigKeys } from '../../ddns/transfer/tsig-keys.js';
import { normalizeName } from '../../kernel/domain-name.js';
import { pageByKey, PageQuery, type Page } from '../../platform/http/page.js';
import { Problems } from '../../platform/http/problems.js';
import { NeedsRole } from '../auth/operator.guard.js';
import { ZoneListing, type ZoneItem } from '../zones/zone-listing.js';
import {
  NewSecondaryDto,
  NewTsigKeyDto,
  RecordKeyQuery,
  RecordsDto,
  SecondaryQuery,
  TsigKeyQuery,
} from './zones.dto.js';

@ApiTags('zones')
@Controller('v1/zones')
export class ZonesController {
  constructor(
    private readonly zones: ZoneListing,
    private readonly records: FixedRecordService,
    private readonly tsigKeys: TsigKeys,
    private readonly secondaries: Secondaries,
  ) {}

  @Get()
  @NeedsRole('viewer')
  @ApiOperation({ summary: 'The zones that are served, with serials' })
  async list(@Query() query: PageQuery): Promise<Page<ZoneItem>> {
    return pageByKey(await this.zones.list(), query, ({ zone }) => [zone]);
  }

  @Get(':zone/records')
  @NeedsRole('viewer')
  @ApiOperation({ summary: 'The fixed records of a zone' })
  @Problems('unknown_zone')
  async listRecords(@Param('zone') zone: string, @Query() query: PageQuery): Promise<Page<FixedRecords>> {
    return pageByKey(await this.records.list(normalizeName(zone)), query, ({ name, type }) => [name, type]);
  }

  @Put(':zone/records')
  @NeedsRole('operator')
  @ApiOperation({ summary: 'Replace one RRset of fixed records; DNS serves it when this answers' })
  @Problems('unknown_zone', 'record_rejected')
  async putRecords(@Param('zone') zone: string, @Body() body: RecordsDto): Promise<FixedRecords> {
    await this.records.put(normalizeName(zone), body);
    return { ...body };
  }

  @Delete(':zone/records')
  @HttpCode(204)
  @NeedsRole('operator')
  @ApiOperation({ summary: 'Delete one RRset of fixed records' })
  @Problems('unknown_zone', 'not_found', 'record_rejected')
  deleteRecords(@Param('zone') zone: string, @Query() { name, type }: RecordKeyQuery): Promise<void> {
    return this.records.delete(normalizeName(zone), { name, type });
  }

  @Get(':zone/tsig-keys')
  @NeedsRole('viewer')
  @ApiOperation({ summary: 'The transfer keys of a zone, without their secrets' })
  @Problems('unknown_zone')
  async listTsigKeys(@Param('zone') zone: string, @Query() query: PageQuery): Promise<Page<ListedTsigKey>> {
    return pageByKey(await this.tsigKeys.list(normalizeName(zone)), query, ({ name }) => [name]);
  }

  @Post(':zone/tsig-keys')
  @NeedsRole('admin')
  @ApiOperation({ summary: 'Make a transfer key; the secret is shown this once' })
  @Problems('unknown_zone', 'conflict')
  createTsigKey(@Param('zone') zone: string, @Body() { name, algorithm }: NewTsigKeyDto): Promise<CreatedTsigKey> {
    return this.tsigKeys.createForTransfer({ zone: normalizeName(zone), name, algorithm });
  }

  @Delete(':zone/tsig-keys')
  @HttpCode(204)
  @NeedsRole('admin')
  @ApiOperation({ summary: 'End a transfer key, by ?name=' })
  @Problems('unknown_zone', 'not_found', 'conflict')
  deleteTsigKey(@Param('zone') zone: string, @Query() { name }: TsigKeyQuery): Promise<void> {
    return this.tsigKeys.delete(normalizeName(zone), name);
  }

  @Delete(':zone/tsig-keys/:name')
  @HttpCode(204)
  @NeedsRole('admin')
  @ApiOperation({ summary: 'End a transfer key' })
  @Problems('unknown_zone', 'not_found', 'conflict')
  deleteTsigKeyByPath(@Param('zone') zone: string, @Param('name') name: string): Promise<void> {
    return this.tsigKeys.delete(normalizeName(zone), name);
  }

  @Get(':zone/secondaries')
  @NeedsRole('viewer')
  @ApiOperation({ summary: 'The secondaries of a zone, each with the serial it serves now' })
  @Problems('unknown_zone')
  async listSecondaries(@Param('zone') zone: string, @Query() query: PageQuery): Promise<Page<ListedSecondary>> {
    const known = await this.secondaries.list(normalizeName(zone));
    return pageByKey(known, query, ({ createdAt, id }) => [createdAt.toISOString(), id]);
  }

  @Post(':zone/secondaries')
  @NeedsRole('admin')
  @ApiOperation({ summary: 'Let a server transfer the zone, and send it NOTIFY' })
  @Problems('unknown_zone', 'not_found', 'conflict')
  createSecondary(@Param('zone') zone: string, @Body() body: NewSecondaryDto): Promise<{ readonly id: string }> {
    return this.secondaries.create({ zone: normalizeName(zone), ...body });
  }

  @Delete(':zone/secondaries')
  @HttpCode(204)
  @NeedsRole('admin')
  @ApiOperation({ summary: 'End a secondary, by ?id=' })
  @Problems('unknown_zone', 'not_found')
  deleteSecondary(@Param('zone') zone: string, @Query() { id }: SecondaryQuery): Promise<void> {
    return this.secondaries.delete(normalizeName(zone), id);
  }

  @Delete(':zone/secondaries/:id')
  @HttpCode(204)
  @NeedsRole('admin')
  @ApiOperation({ summary: 'End a secondary' })
  @Problems('unknown_zone', 'not_found')
  deleteSecondaryByPath(@Param('zone') zone: string, @Param('id') id: string): Promise<void> {
    return this.secondaries.delete(normalizeName(zone), id);
  }
}
