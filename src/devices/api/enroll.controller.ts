import { Body, Controller, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';

import { Enrollment, type EnrolledDevice } from '../enrollment/enrollment.js';
import { EnrollDto } from './dto.js';

@ApiTags('device')
@Controller('v1/enroll')
export class EnrollController {
  constructor(private readonly enrollment: Enrollment) {}

  @Post()
  @ApiOperation({ summary: 'Enroll: an enrollment key for a name and a credential' })
  enroll(@Body() body: EnrollDto): Promise<EnrolledDevice> {
    return this.enrollment.enroll(body);
  }
}
