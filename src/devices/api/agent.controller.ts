import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { PROJECT_ROOT } from '../../platform/project-root.js';

/** Serves the agent, so that one line enrolls a device: `curl -fsS …/agent | sh -s -- enroll …`. */
@ApiTags('device')
@Controller('agent')
export class AgentController {
  private script: Promise<string> | undefined;

  @Get()
  @Header('Content-Type', 'text/x-shellscript; charset=utf-8')
  @Header('Cache-Control', 'no-cache')
  @ApiOperation({ summary: 'The agent, a POSIX shell script' })
  @ApiOkResponse({
    description: 'The script',
    content: { 'text/x-shellscript': { schema: { type: 'string' }, example: '#!/bin/sh\n…' } },
  })
  show(): Promise<string> {
    this.script ??= readFile(join(PROJECT_ROOT, 'agent', 'fleetcert-agent'), 'utf8');
    return this.script;
  }
}
