import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';

import { AccountOverview, type AccountAtCa, type ListedAccount } from '../../issuer/accounts/account-overview.js';
import { KeyRollover } from '../../issuer/accounts/key-rollover.js';
import { AcmeProblemError, AcmeUnreachableError } from '../../issuer/acme/acme-ca.js';
import { DomainError } from '../../kernel/errors.js';
import { NoFieldsPipe } from '../../platform/http/no-fields.pipe.js';
import { type Page, pageOfList, PageQuery } from '../../platform/http/page.js';
import { PATH_UUID } from '../../platform/http/path-uuid.js';
import { Problems } from '../../platform/http/problems.js';
import { NeedsRole } from '../auth/operator.guard.js';

/** An account, and what its CA says of it; `atCa` is null for one that is not registered. */
interface AccountDetails extends ListedAccount {
  readonly atCa: AccountAtCa | null;
}

const RETRY_SECONDS = 60;

@ApiTags('operators')
@Controller('v1/accounts')
export class AccountsController {
  constructor(
    private readonly overview: AccountOverview,
    private readonly rollover: KeyRollover,
  ) {}

  @Get()
  @NeedsRole('viewer')
  @ApiOperation({ summary: 'Our accounts at CAs, as they are known here' })
  async list(@Query() query: PageQuery): Promise<Page<ListedAccount>> {
    return pageOfList(await this.overview.list(), query, (account) => account);
  }

  @Get(':id')
  @NeedsRole('viewer')
  @ApiOperation({ summary: 'An account, and what its CA says of it at this moment' })
  @Problems('not_found', 'conflict', 'unavailable')
  async show(@Param('id', PATH_UUID) id: string): Promise<AccountDetails> {
    await this.overview.one(id);
    const atCa = await this.overview.atCa(id).catch(tellOfCa);
    return { ...(await this.overview.one(id)), atCa: atCa ?? null };
  }

  @Post(':id/rollover')
  @HttpCode(200)
  @NeedsRole('admin')
  @ApiOperation({ summary: 'Give an account a new key, here and at its CA; orders go on meanwhile' })
  @Problems('not_found', 'conflict', 'unavailable')
  async rollOver(@Param('id', PATH_UUID) id: string, @Body(NoFieldsPipe) _body: unknown): Promise<ListedAccount> {
    await this.overview.one(id);
    await this.rollover.rollOver(id).catch(tellOfCa);
    return this.overview.one(id);
  }
}

/** What the CA says is for the operator to know. */
function tellOfCa(error: unknown): never {
  if (error instanceof AcmeUnreachableError) {
    throw new DomainError('unavailable', `The CA cannot be reached: ${error.message}. Try again later.`, {
      retryAfterSeconds: RETRY_SECONDS,
      cause: error,
    });
  }
  if (error instanceof AcmeProblemError) {
    throw new DomainError('conflict', `The CA refuses: ${error.message}`, { cause: error });
  }
  throw error;
}
