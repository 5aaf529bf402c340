import type { AcmeServerParts } from '../protocol/context.js';
import type { Answer } from '../protocol/http.js';

const ODD_ENTRY_PAGE = 'https://community.letsencrypt.org/t/adding-random-entries-to-the-directory/33417';

/** RFC 8555 section 7.1.1. */
export class DirectoryResource {
  constructor(private readonly parts: Pick<AcmeServerParts, 'urls' | 'options' | 'policy' | 'random'>) {}

  get(): Answer {
    const { urls, options, policy, random } = this.parts;
    const profiles = Object.entries(options.profiles).map(([name, { description }]) => [name, description]);
    return {
      status: 200,
      json: {
        newNonce: urls.of('/acme/new-nonce'),
        newAccount: urls.of('/acme/new-acct'),
        newOrder: urls.of('/acme/new-order'),
        revokeCert: urls.of('/acme/revoke-cert'),
        keyChange: urls.of('/acme/key-change'),
        renewalInfo: urls.of('/acme/renewal-info'),
        meta: {
          ...(options.termsOfService === undefined ? {} : { termsOfService: options.termsOfService }),
          ...(options.website === undefined ? {} : { website: options.website }),
          ...(options.caaIdentities.length > 0 ? { caaIdentities: options.caaIdentities } : {}),
          externalAccountRequired: policy.externalAccountRequired,
          profiles: Object.fromEntries(profiles) as unknown,
        },
        // As Let's Encrypt does, so that clients cope with entries they do not know.
        [`x${random().toString(36).slice(2, 12)}`]: ODD_ENTRY_PAGE,
      },
    };
  }
}
