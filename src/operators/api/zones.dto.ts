import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
} from 'class-validator';

const LONGEST_NAME = 255;
const LONGEST_VALUE = 4096;
const MOST_VALUES = 100;

export class RecordKeyQuery {
  @ApiProperty({ description: 'Relative to the apex; @ is the apex', example: 'www' })
  @IsString()
  @MaxLength(LONGEST_NAME)
  name: string;

  @ApiProperty({ example: 'A' })
  @IsString()
  @MaxLength(20)
  type: string;
}

export class RecordsDto extends RecordKeyQuery {
  @ApiProperty({ description: 'Seconds', example: 3600 })
  @IsInt()
  @Min(0)
  @Max(2_147_483_647)
  ttl: number;

  @ApiProperty({ type: [String], description: 'In presentation format', example: ['192.0.2.7'] })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MOST_VALUES)
  @IsString({ each: true })
  @MaxLength(LONGEST_VALUE, { each: true })
  values: string[];
}

export class NewTsigKeyDto {
  @ApiProperty({ example: 'ns2.example.com' })
  @IsString()
  @MaxLength(LONGEST_NAME)
  name: string;

  @ApiProperty({ example: 'hmac-sha256' })
  @IsString()
  @MaxLength(40)
  algorithm: string;

  @ApiProperty({ enum: ['transfer'] })
  @IsIn(['transfer'], {
    message: "use must be 'transfer'; a device's update keys are made by POST /v1/devices/{id}/access",
  })
  use: 'transfer';
}

export class TsigKeyQuery {
  @ApiProperty()
  @IsString()
  @MaxLength(LONGEST_NAME)
  name: string;
}

export class NewSecondaryDto {
  @ApiProperty({ example: '192.0.2.54' })
  @IsString()
  @MaxLength(64)
  address: string;

  @ApiProperty({ example: 53 })
  @IsInt()
  @Min(1)
  @Max(65_535)
  port: number;

  @ApiPropertyOptional({ description: 'The name of a transfer key' })
  @IsOptional()
  @IsString()
  @MaxLength(LONGEST_NAME)
  tsigKey?: string;
}

export class SecondaryQuery {
  @ApiProperty()
  @IsString()
  @MaxLength(64)
  id: string;
}
