import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMinSize, ArrayUnique, IsArray, IsIn, IsOptional } from 'class-validator';

import { UPDATE_TYPES, type UpdateType } from './access-grants.js';

export class NewAccessDto {
  @ApiProperty({ enum: ['rfc2136'] })
  @IsIn(['rfc2136'], { message: "door must be 'rfc2136', the one that this server has" })
  door: 'rfc2136';

  @ApiPropertyOptional({ enum: UPDATE_TYPES, isArray: true, default: ['TXT'] })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayUnique()
  @IsIn(UPDATE_TYPES, { each: true })
  types?: UpdateType[];
}
