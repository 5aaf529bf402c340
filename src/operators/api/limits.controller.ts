import { Body, Controller, Get, Put } from '@nestjs/common';
import { ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { IsInt, IsOptional, IsString, MaxLength, Min } from 'class-validator';

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

@ApiTags('operators')
@Controller('v1/limits')
export class LimitsController {
  constructor(private readonly levels: BucketLevels) {}

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
}
