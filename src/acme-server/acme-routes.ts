import type { AcmeServerParts } from './protocol/context.js';
import type { Answer } from './protocol/http.js';
import { Limiter } from './protocol/limiter.js';
import type { PostHandler, Route } from './protocol/routes.js';
import { AccountResource } from './resources/account-resource.js';
import { AuthorizationResource } from './resources/authorization-resource.js';
import { CertificateResource } from './resources/certificate-resource.js';
import { DirectoryResource } from './resources/directory-resource.js';
import { Issuance } from './resources/issuance.js';
import { KeyChangeResource } from './resources/key-change-resource.js';
import { NewOrderResource } from './resources/new-order-resource.js';
import { OrderResource } from './resources/order-resource.js';
import { assertPostAsGet } from './resources/post-as-get.js';
import { RenewalInfoResource } from './resources/renewal-info-resource.js';
import { RevocationResource } from './resources/revocation-resource.js';
import { Validations } from './resources/validations.js';

/** The table of endpoints. The order does not matter: no two paths match the same target. */
export function acmeRoutes(parts: AcmeServerParts): readonly Route[] {
  const limiter = new Limiter(parts);
  const directory = new DirectoryResource(parts);
  const accounts = new AccountResource(parts, limiter);
  const keyChange = new KeyChangeResource(parts);
  const newOrder = new NewOrderResource(parts, limiter);
  const orders = new OrderResource(parts, new Issuance(parts, limiter));
  const authorizations = new AuthorizationResource(parts, new Validations(parts, limiter));
  const certificates = new CertificateResource(parts);
  const revocation = new RevocationResource(parts);
  const renewalInfo = new RenewalInfoResource(parts);

  return [
    {
      path: '/directory',
      rateClass: 'directory',
      get: () => directory.get(),
      post: readable(() => directory.get()),
    },
    {
      path: '/acme/new-nonce',
      rateClass: 'newNonce',
      // RFC 8555 section 7.2: 204 to GET, 200 to HEAD and POST-as-GET.
      get: ({ method }) => ({ status: method === 'GET' ? 204 : 200 }),
      post: readable(() => ({ status: 200 })),
    },
    { path: '/acme/new-acct', post: { signedBy: 'key', handle: (request) => accounts.create(request) } },
    { path: '/acme/acct/:', post: account((request, [id = '']) => accounts.update(request, id)) },
    { path: '/acme/acct/:/orders', post: account((request, [id = ''], query) => orders.list(request, id, query)) },
    { path: '/acme/key-change', post: account((request) => keyChange.change(request)) },
    { path: '/acme/new-order', rateClass: 'newOrder', post: account((request) => newOrder.create(request)) },
    { path: '/acme/order/:', post: account((request, [id = '']) => orders.get(request, id)) },
    { path: '/acme/finalize/:', post: account((request, [id = '']) => orders.finalize(request, id)) },
    { path: '/acme/authz/:', post: account((request, [id = '']) => authorizations.get(request, id)) },
    { path: '/acme/chall/:', post: account((request, [id = '']) => authorizations.challenge(request, id)) },
    { path: '/acme/cert/:/:?', post: account((request, [id = '', chain]) => certificates.get(request, id, chain)) },
    { path: '/acme/revoke-cert', post: { signedBy: 'either', handle: (request) => revocation.revoke(request) } },
    {
      path: '/acme/renewal-info/:',
      rateClass: 'renewalInfo',
      get: (_, { params: [certId = ''] }) => renewalInfo.get(certId),
    },
  ];
}

type AccountHandler = Extract<PostHandler, { signedBy: 'account' }>['handle'];

function account(
  handle: (...args: [Parameters<AccountHandler>[0], readonly string[], URLSearchParams]) => Promise<Answer>,
): PostHandler {
  return { signedBy: 'account', handle: (request, { params, query }) => handle(request, params, query) };
}

/** POST-as-GET of what GET shows too (RFC 8555 section 6.3). */
function readable(get: () => Answer): PostHandler {
  return {
    signedBy: 'account',
    handle: async ({ payload }) => {
      assertPostAsGet(payload);
      return get();
    },
  };
}
