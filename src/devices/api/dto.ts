import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsNotEmpty, IsOptional, IsString, Matches, MaxLength } from 'class-validator';

import { MAX_ADDRESSES } from '../domain/address-policy.js';

const LONGEST_ADDRESS = 64;

export class EnrollDto {
  @ApiProperty({ description: 'What the operator handed out', example: 'fck_…' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  enrollmentKey: string;

  @ApiPropertyOptional({
    description: 'Serial number, MAC address or the like: keeps one piece of hardware from enrolling twice',
  })
  @IsOptional()
  @Matches(/^[\x21-\x7e]([\x20-\x7e]{0,126}[\x21-\x7e])?$/, {
    message: 'hardwareId must have 1 to 128 printable ASCII characters',
  })
  hardwareId?: string;

  @ApiPropertyOptional({ type: [String], example: ['10.1.1.4', 'fd00::4'] })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_ADDRESSES)
  @IsString({ each: true })
  @MaxLength(LONGEST_ADDRESS, { each: true })
  addresses?: string[];
}

export class AddressesDto {
  @ApiProperty({
    type: [String],
    description: 'All of the addresses; an empty list takes the records away',
    example: ['10.1.1.4', 'fd00::4'],
  })
  @IsArray()
  @ArrayMaxSize(MAX_ADDRESSES)
  @IsString({ each: true })
  @MaxLength(LONGEST_ADDRESS, { each: true })
  addresses: string[];
}
