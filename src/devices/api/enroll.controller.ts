import { Body, Controller, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';

import { Problems } from '../../platform/http/problems.js';
import { Enrollment, type EnrolledDevice } from '../enrollment/enrollment.js';
import { EnrollDto } from './dto.js';

@ApiTags('device')
@Controller('v1/enroll')
export class EnrollController {
  constructor(private readonly enrollment: Enrollment) {}

  @Post()
  @ApiOperation({ summary: 'Enroll: an enrollment key for a name and a credential' })
  @Problems('enrollment_key_invalid', 'hardware_id_enrolled', 'address_not_allowed', 'conflict')
  enroll(@Body() body: EnrollDto): Promise<EnrolledDevice> {
    return this.enrollment.enroll(body);
  }
}
