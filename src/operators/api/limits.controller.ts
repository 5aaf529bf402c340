import { Body, Controller, Get, HttpCode, Post, Put } from '@nestjs/common';
import { ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { IsInt, IsOptional, IsString, MaxLength, Min } from 'class-validator';

import { CaWatch } from '../../issuer/accounts/ca-watch.js';
import { CaLimits } from '../../issuer/limits/ca-limits.js';
import { QueueSignal } from '../../issuer/worker/queue-signal.js';
import { NeedsRole } from '../auth/operator.guard.js';
import { BucketLevels, type BucketLevel } from '../fleet/bucket-levels.js';

class PrimedLimitDto {
  @ApiProperty({ example: 'certificates-per-domain' })
  @IsString()
  @MaxLength(100)
  limit: string;

  @ApiPropertyOptional({ description: 'The registered domain or the account URL; absent: the only one' })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  subject?: string;

  @ApiPropertyOptional({ description: 'The name of the CA, where there are several; absent: the first one' })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  ca?: string;

  @ApiProperty({ description: 'How many are left now', minimum: 0 })
  @IsInt()
  @Min(0)
  remaining: number;
}

class ResumedCaDto {
  @ApiPropertyOptional({ description: 'The name of the CA, where there are several; absent: the first one' })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  ca?: string;

  @ApiPropertyOptional({ description: 'The name that was paused; absent: all, and the account' })
  @IsOptional()
  @IsString()
  @MaxLength(253)
  name?: string;
}

@ApiTags('operators')
@Controller('v1/limits')
export class LimitsController {
  constructor(
    private readonly levels: BucketLevels,
    private readonly limits: CaLimits,
    private readonly watch: CaWatch,
    private readonly signal: QueueSignal,
  ) {}

  @Get()
  @NeedsRole('viewer')
  @ApiOperation({ summary: "The levels of the CA's limits, as far as they are known here" })
  async show(): Promise<{ items: readonly BucketLevel[]; nextCursor: null }> {
    return { items: await this.levels.read(), nextCursor: null };
  }

  @Put()
  @NeedsRole('admin')
  @ApiOperation({ summary: 'Set how many are left of a limit, by what the CA knows better' })
  prime(@Body() { limit, subject, remaining, ca }: PrimedLimitDto): Promise<BucketLevel> {
    return this.levels.prime(limit, subject, remaining, ca);
  }

  @Post('resume')
  @HttpCode(200)
  @NeedsRole('admin')
  @ApiOperation({ summary: 'Say that a pause is over at the CA: what it had paused is tried again' })
  async resume(@Body() { ca, name }: ResumedCaDto): Promise<{ resumed: number }> {
    const { directoryUrl } = ca === undefined ? this.limits.first : this.limits.named(ca);
    const resumed = await this.watch.resume(directoryUrl, name);
    this.signal.wake();
    return { resumed };
  }
}
