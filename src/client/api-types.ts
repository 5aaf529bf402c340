/** Made from openapi.json by `npm run openapi`; changes by hand are lost. */
export interface paths {
  '/agent': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The agent, a POSIX shell script */
    get: operations['agentShow'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/health/live': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The process runs */
    get: operations['healthLive'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/health/ready': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Database, zone and DNS listeners are there */
    get: operations['healthReady'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/metrics': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Measures as Prometheus text; from this machine, or with an operator credential */
    get: operations['metricsShow'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/roots.pem': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Root certificates that devices may trust this server by (PEM)
     * @description Over TLS of our own the header `Fleetcert-Key-Pin` holds the pin of the key, `sha256//…`: whoever trusts the connection can keep it for the day when clock or roots are of no use.
     */
    get: operations['rootsShow'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/accounts': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Our accounts at CAs, as they are known here
     * @description Needs the role `viewer`.
     */
    get: operations['accountsList'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/accounts/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * An account, and what its CA says of it at this moment
     * @description Needs the role `viewer`.
     */
    get: operations['accountsShow'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/accounts/{id}/rollover': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Give an account a new key, here and at its CA; orders go on meanwhile
     * @description Needs the role `admin`.
     */
    post: operations['accountsRollOver'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/alarms': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * What is wrong now: alarms that are raised and not resolved
     * @description Needs the role `viewer`.
     */
    get: operations['alarmsList'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/api-keys': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Operator credentials, without the credentials themselves
     * @description Needs the role `admin`.
     */
    get: operations['apiKeysList'];
    put?: never;
    /**
     * Make an operator credential; it is shown this once
     * @description Needs the role `admin`.
     */
    post: operations['apiKeysCreate'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/api-keys/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /**
     * Revoke an operator credential
     * @description Needs the role `admin`.
     */
    delete: operations['apiKeysRevoke'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/audit': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Who did what, newest first
     * @description Needs the role `admin`.
     */
    get: operations['auditList'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/audit/export': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * All entries of the audit log that the filters match, as CSV or NDJSON
     * @description Needs the role `admin`.
     */
    get: operations['logExportsExportAudit'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/device': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** What the server knows of the calling device */
    get: operations['deviceShow'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/device/access': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Credentials of existing clients, without their secrets */
    get: operations['deviceAccessList'];
    put?: never;
    /** Credentials for an existing client; shown this once */
    post: operations['deviceAccessCreate'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/device/access/{accessId}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /** End one of them */
    delete: operations['deviceAccessEnd'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/device/addresses': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    /** Replace the device's addresses; DNS serves them when this answers */
    put: operations['deviceReplaceAddresses'];
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/device/certificate': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The newest certificate: a PEM chain, or JSON */
    get: operations['certificateShow'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/device/certificate/revoke': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Revoke the newest certificate: recorded at once, told to the CA until that confirms */
    post: operations['certificateRevoke'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/device/orders': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Order a certificate for the device's own name */
    post: operations['orderCreate'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/device/orders/{orderId}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** How an order of the calling device goes */
    get: operations['orderShow'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/device/token': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** A new credential; the old one works until the new one is first used */
    post: operations['deviceRotateToken'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/devices': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Devices: search, filters and order; oldest enrollment first
     * @description Needs the role `viewer`.
     */
    get: operations['devicesList'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/devices/bulk': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Bulk actions with how far they have come, newest first
     * @description Needs the role `viewer`.
     */
    get: operations['deviceBulkList'];
    put?: never;
    /**
     * Do something to every device that a filter matches; with dryRun count them only (200)
     * @description Needs the role `operator`.
     */
    post: operations['deviceBulkStart'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/devices/bulk/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * One bulk action, with how far it has come
     * @description Needs the role `viewer`.
     */
    get: operations['deviceBulkShow'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/devices/bulk/{id}/cancel': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * End a bulk action: devices that are still to come stay as they are
     * @description Needs the role `operator`.
     */
    post: operations['deviceBulkCancel'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/devices/bulk/{id}/items': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * What became of each device of a bulk action, by name
     * @description Needs the role `viewer`.
     */
    get: operations['deviceBulkItems'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/devices/export': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * All devices that the filters match, as CSV or NDJSON
     * @description Needs the role `viewer`.
     */
    get: operations['inventoryExportsExportDevices'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/devices/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * One device
     * @description Needs the role `viewer`.
     */
    get: operations['devicesShow'];
    put?: never;
    post?: never;
    /**
     * Delete a device: its records go, its credential ends, its name is never given out again
     * @description Needs the role `operator`.
     */
    delete: operations['devicesDelete'];
    options?: never;
    head?: never;
    /**
     * Set a device's note, group or wildcard
     * @description Needs the role `operator`.
     */
    patch: operations['devicesChange'];
    trace?: never;
  };
  '/v1/devices/{id}/access': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * A device's credentials for existing clients, without their secrets
     * @description Needs the role `viewer`.
     */
    get: operations['operatorAccessList'];
    put?: never;
    /**
     * Credentials for an existing client of a device; shown this once
     * @description Needs the role `operator`.
     */
    post: operations['operatorAccessCreate'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/devices/{id}/access/{accessId}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /**
     * End one of them
     * @description Needs the role `operator`.
     */
    delete: operations['operatorAccessEnd'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/devices/{id}/resume': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * End a suspension
     * @description Needs the role `operator`.
     */
    post: operations['devicesResume'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/devices/{id}/suspend': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Let a device change nothing and get nothing new
     * @description Needs the role `operator`.
     */
    post: operations['devicesSuspend'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/enroll': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Enroll: an enrollment key for a name and a credential */
    post: operations['enroll'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/enrollment-keys': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Enrollment keys, without the keys themselves
     * @description Needs the role `viewer`.
     */
    get: operations['enrollmentKeysList'];
    put?: never;
    /**
     * Make an enrollment key; it is shown this once
     * @description Needs the role `operator`.
     */
    post: operations['enrollmentKeysCreate'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/enrollment-keys/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /**
     * Revoke an enrollment key; the devices that it enrolled stay
     * @description Needs the role `operator`.
     */
    delete: operations['enrollmentKeysRevoke'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/events': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * What happened, newest first
     * @description Needs the role `viewer`.
     */
    get: operations['eventsList'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/events/export': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * All events that the filters match, as CSV or NDJSON
     * @description Needs the role `viewer`.
     */
    get: operations['logExportsExportEvents'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/events/stream': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * What happens, as server-sent events: those after Last-Event-ID, or from now on
     * @description Needs the role `viewer`.
     */
    get: operations['eventsStream'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/fleet': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * The fleet at a glance
     * @description Needs the role `viewer`.
     */
    get: operations['fleetShow'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/fleet/forecast': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * When a rollout of more devices would end, what binds, and what would help
     * @description Needs the role `viewer`.
     */
    get: operations['fleetForecast'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/limits': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * The levels of the CA's limits, as far as they are known here
     * @description Needs the role `viewer`.
     */
    get: operations['limitsShow'];
    /**
     * Set how many are left of a limit, by what the CA knows better
     * @description Needs the role `admin`.
     */
    put: operations['limitsPrime'];
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/limits/resume': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Say that a pause is over at the CA: what it had paused is tried again
     * @description Needs the role `admin`.
     */
    post: operations['limitsResume'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/orders': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * The queue and its reasons, oldest first
     * @description Needs the role `viewer`.
     */
    get: operations['ordersList'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/orders/export': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * All orders that the filters match, ended ones too, as CSV or NDJSON
     * @description Needs the role `viewer`.
     */
    get: operations['inventoryExportsExportOrders'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/orders/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * One order
     * @description Needs the role `viewer`.
     */
    get: operations['ordersShow'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/orders/{id}/retry': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Try an order again now: one that waits, or one that failed
     * @description Needs the role `operator`.
     */
    post: operations['ordersRetry'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/webhooks': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Webhooks, without their secrets
     * @description Needs the role `admin`.
     */
    get: operations['webhooksList'];
    put?: never;
    /**
     * Have events sent to a URL; the secret that signs them is shown this once
     * @description Needs the role `admin`.
     */
    post: operations['webhooksCreate'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/webhooks/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /**
     * End a webhook
     * @description Needs the role `admin`.
     */
    delete: operations['webhooksDelete'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/webhooks/{id}/deliveries': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * What was sent, what waits, and what was given up, newest first
     * @description Needs the role `admin`.
     */
    get: operations['webhooksDeliveries'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/webhooks/{id}/retry': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Try once more what was given up
     * @description Needs the role `admin`.
     */
    post: operations['webhooksRetry'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/zones': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * The zones that are served, with serials
     * @description Needs the role `viewer`.
     */
    get: operations['zonesList'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/zones/{zone}/records': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * The fixed records of a zone
     * @description Needs the role `viewer`.
     */
    get: operations['zonesListRecords'];
    /**
     * Replace one RRset of fixed records; DNS serves it when this answers
     * @description Needs the role `operator`.
     */
    put: operations['zonesPutRecords'];
    post?: never;
    /**
     * Delete one RRset of fixed records
     * @description Needs the role `operator`.
     */
    delete: operations['zonesDeleteRecords'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/zones/{zone}/secondaries': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * The secondaries of a zone, each with the serial it serves now
     * @description Needs the role `viewer`.
     */
    get: operations['zonesListSecondaries'];
    put?: never;
    /**
     * Let a server transfer the zone, and send it NOTIFY
     * @description Needs the role `admin`.
     */
    post: operations['zonesCreateSecondary'];
    /**
     * End a secondary, by ?id=
     * @description Needs the role `admin`.
     */
    delete: operations['zonesDeleteSecondary'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/zones/{zone}/secondaries/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /**
     * End a secondary
     * @description Needs the role `admin`.
     */
    delete: operations['zonesDeleteSecondaryByPath'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/zones/{zone}/tsig-keys': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * The transfer keys of a zone, without their secrets
     * @description Needs the role `viewer`.
     */
    get: operations['zonesListTsigKeys'];
    put?: never;
    /**
     * Make a transfer key; the secret is shown this once
     * @description Needs the role `admin`.
     */
    post: operations['zonesCreateTsigKey'];
    /**
     * End a transfer key, by ?name=
     * @description Needs the role `admin`.
     */
    delete: operations['zonesDeleteTsigKey'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/zones/{zone}/tsig-keys/{name}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /**
     * End a transfer key
     * @description Needs the role `admin`.
     */
    delete: operations['zonesDeleteTsigKeyByPath'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    /** @description What its CA says of it. */
    AccountAtCa: {
      /** @description RFC 8555 section 7.1.2: `valid`, `deactivated` or `revoked`; `unknown` when the CA has none for the key. */
      status: string;
      /** @description URLs; many CAs no longer say. */
      contact: string[];
    };
    /** @description An account, and what its CA says of it; `atCa` is null for one that is not registered. */
    AccountDetails: {
      atCa: components['schemas']['AccountAtCa'] | null;
      id: string;
      directoryUrl: string;
      /** @description null until it is registered. */
      accountUrl: string | null;
      contact: string | null;
      eabKid: string | null;
      /** @description SHA-256 of the public key's SubjectPublicKeyInfo, lower-case hex. */
      keySha256: string;
      /** Format: date-time */
      createdAt: string;
      /** Format: date-time */
      registeredAt: string | null;
      /** Format: date-time */
      keyChangedAt: string | null;
      /**
       * Format: date-time
       * @description A change of key was begun then, and is not known to have come to its end.
       */
      rolloverPendingSince: string | null;
    };
    /** @description What clients of acme-dns keep of a registration; shown once. */
    AcmeDnsAccess: {
      accessId: string;
      /** @enum {string} */
      door: 'acme-dns';
      username: string;
      password: string;
      /** @description Where the TXT values are served: a CNAME to it lets other names use the device's access, too. */
      fulldomain: string;
      subdomain: string;
      allowfrom: string[];
      server_url: string;
    };
    AddressesAnswer: {
      name: string;
      addresses: string[];
      changed: boolean;
    };
    AddressesDto: {
      /**
       * @description All of the addresses; an empty list takes the records away
       * @example [
       *       "10.1.1.4",
       *       "fd00::4"
       *     ]
       */
      addresses: string[];
    };
    /** @description Something that is wrong now, and that people were told of. */
    AlarmItem: {
      /** @enum {string} */
      kind:
        | 'certificate.at_risk'
        | 'certificate.expired'
        | 'order.failed'
        | 'device.silent'
        | 'limit.near'
        | 'ca.paused'
        | 'ca.unreachable'
        | 'secondary.behind'
        | 'zone.feed_lag'
        | 'delegation.broken'
        | 'delivery.given_up';
      /** @enum {string} */
      severity: 'info' | 'warning' | 'critical';
      subject: components['schemas']['AlarmSubject'];
      message: string;
      data: {
        [key: string]: unknown;
      };
      /** Format: date-time */
      raisedAt: string;
    };
    /** @description Something that is wrong now, and that people were told of. */
    AlarmItemPage: {
      items: components['schemas']['AlarmItem'][];
      nextCursor: string | null;
    };
    AlarmSubject: {
      /** @enum {string} */
      kind: 'device' | 'zone' | 'secondary' | 'limit' | 'ca' | 'webhook' | 'mail';
      id: string;
      name?: string;
    };
    ApiKeyItem: {
      id: string;
      /** @enum {string} */
      role: 'viewer' | 'operator' | 'admin';
      note: string | null;
      /** Format: date-time */
      createdAt: string;
      /** Format: date-time */
      expiresAt: string | null;
    };
    ApiKeyItemPage: {
      items: components['schemas']['ApiKeyItem'][];
      nextCursor: string | null;
    };
    /** @description A bucket of the CA's limits that orders share, as far as it is known here. */
    BucketLevel: {
      /** @description How people call the CA; absent where there is but one. */
      ca?: string;
      /** @enum {string} */
      limit:
        | 'new-orders'
        | 'certificates-per-domain'
        | 'certificates-per-exact-set'
        | 'failed-authorizations'
        | 'consecutive-failures'
        | 'new-nonce-requests'
        | 'new-order-requests'
        | 'renewal-info-requests'
        | 'other-requests'
        | 'directory-requests';
      /** @description The registered domain, or the account's URL. */
      subject: string;
      /** @description For people: "new orders of the account". */
      title: string;
      capacity: number;
      /** @description Whole tokens that may be spent now; those of orders in flight are taken. */
      level: number;
      reserved: number;
      /** @description One more every so many seconds. */
      refillSeconds: number;
      /** @description Seconds until it is full, when nothing more is spent; 0: it is full. */
      secondsUntilFull: number;
    };
    BulkActionDto: {
      /**
       * @description What to do to each of the devices
       * @enum {string}
       */
      action: 'suspend' | 'resume' | 'delete' | 'set-group' | 'retry' | 'revoke';
      /** @description {} for every device */
      filter: components['schemas']['BulkFilterDto'];
      /**
       * @description Only count, and show some of the devices; nothing changes
       * @default false
       */
      dryRun?: boolean;
      /** @description How many devices the dry run has counted; needed without dryRun. With another count nothing is done */
      expectedCount?: number;
      /** @description set-group: the group; null for none */
      group?: string | null;
      /**
       * @description delete: also revoke the certificates
       * @default false
       */
      revoke?: boolean;
      /**
       * @description revoke: why; default `unspecified`
       * @enum {string}
       */
      reason?: 'unspecified' | 'keyCompromise' | 'superseded' | 'cessationOfOperation';
    };
    BulkFilterDto: {
      /**
       * @description Only those in this state
       * @enum {string}
       */
      state?: 'active' | 'suspended';
      /** @description A zone of this server */
      zone?: string;
      /** @description The group of devices */
      group?: string;
      /** @description Health of the certificate: one, or several (in a query separated by commas) */
      health?: ('ok' | 'renewing' | 'at-risk' | 'expired' | 'none' | 'failing')[];
      /** @description Part of the name, label, an alias, the group, note or hardware id; or a whole address */
      q?: string;
      /**
       * Format: date-time
       * @description Has not called since
       */
      lastSeenBefore?: string;
      /**
       * Format: date-time
       * @description Has called since
       */
      lastSeenAfter?: string;
      /** @description Identifiers of devices */
      ids?: string[];
    };
    BulkItem: {
      deviceId: string;
      name: string;
      /**
       * @description null: still to come.
       * @enum {string|null}
       */
      outcome: 'failed' | 'done' | 'cancelled' | 'unchanged' | null;
      /** @description Why it failed, or why there was nothing to do. */
      detail: string | null;
    };
    BulkItemPage: {
      items: components['schemas']['BulkItem'][];
      nextCursor: string | null;
    };
    /** @description A bulk action with how far it has come. */
    BulkJob: {
      id: string;
      /** @enum {string} */
      action: 'suspend' | 'resume' | 'delete' | 'set-group' | 'retry' | 'revoke';
      parameters: {
        [key: string]: unknown;
      };
      filter: {
        [key: string]: unknown;
      };
      /**
       * @description `running` until every device has an outcome, or somebody has cancelled it.
       * @enum {string}
       */
      state: 'running' | 'done' | 'cancelled';
      /** @description Devices that the filter matched at the start. */
      total: number;
      done: number;
      unchanged: number;
      failed: number;
      cancelled: number;
      /** @description Devices that are still to come. */
      pending: number;
      /** @description The API key's id, or `admin-token`. */
      operatorId: string;
      /** Format: date-time */
      createdAt: string;
      /** Format: date-time */
      endedAt: string | null;
    };
    /** @description A bulk action with how far it has come. */
    BulkJobPage: {
      items: components['schemas']['BulkJob'][];
      nextCursor: string | null;
    };
    /** @description What a bulk action would do. */
    BulkPreview: {
      /** @enum {boolean} */
      dryRun: true;
      /** @enum {string} */
      action: 'suspend' | 'resume' | 'delete' | 'set-group' | 'retry' | 'revoke';
      count: number;
      /** @description The first few by name. */
      sample: {
        deviceId: string;
        name: string;
      }[];
    };
    CertificateAnswer: {
      /** @description Leaf first, no root */
      pem: string;
      /** @description Lower-case hex */
      serial: string;
      /** @description SHA-256 of the leaf, lower-case hex */
      sha256: string;
      /** Format: date-time */
      notBefore: string;
      /** Format: date-time */
      notAfter: string;
      /**
       * Format: date-time
       * @description When to order the next one
       */
      renewAt: string;
      /** @description Seconds until notAfter by the server's clock, 0 when it has passed */
      secondsLeft: number;
    };
    CreateOrderDto: {
      /**
       * @description PKCS #10 certification request for the device's own name (and `*.` below it): PEM, or DER in base64
       * @example -----BEGIN CERTIFICATE REQUEST-----
       *     MIH…
       *     -----END CERTIFICATE REQUEST-----
       */
      csr: string;
      /**
       * @description May the server renew for the same key when the device does not come for its renewal?
       * @default true
       */
      renewWhileAway?: boolean;
    };
    /** @description What is shown once. `secret` is base64, as every DNS software takes it. */
    CreatedTsigKey: {
      name: string;
      /** @enum {string} */
      algorithm: 'hmac-sha256' | 'hmac-sha384' | 'hmac-sha512';
      secret: string;
    };
    DeviceAnswer: {
      deviceId: string;
      name: string;
      zone: string;
      state: string;
      addresses: string[];
      /** @description Further names that its certificate may hold, absolute. */
      aliases: string[];
      serverTime: string;
      certificate: {
        serial: string;
        sha256: string;
        notBefore: string;
        notAfter: string;
        secondsLeft: number;
        names: string[];
      } | null;
      order: {
        orderId: string;
        status: string;
        names: string[];
        reason?: string;
        estimatedAt?: string;
      } | null;
      /** @description When the device should ask for a new certificate; null while it has none. */
      renewAt: string | null;
    };
    DeviceChangesDto: {
      /** @description For people */
      note?: string | null;
      /** @description The group of devices */
      group?: string | null;
      /** @description Answer *.<device> with the device's addresses */
      wildcard?: boolean;
      /**
       * @description Labels of further names, directly in the device's zone: all of them, an empty list takes them away. DNS answers them with the device's addresses, and its CSR may hold them
       * @example [
       *       "nas"
       *     ]
       */
      aliases?: string[];
    };
    /** @description A device as operators see it. Times are ISO 8601 in JSON. */
    DeviceItem: {
      deviceId: string;
      name: string;
      label: string;
      zone: string;
      state: string;
      addresses: string[];
      wildcard: boolean;
      /** @description Labels of further names in the device's zone. */
      aliases: string[];
      hardwareId: string | null;
      group: string | null;
      note: string | null;
      /** Format: date-time */
      enrolledAt: string;
      /** Format: date-time */
      lastSeenAt: string | null;
      /** Format: date-time */
      cloneSuspectedAt: string | null;
      /** @enum {string} */
      certificateHealth: 'ok' | 'renewing' | 'at-risk' | 'expired' | 'none' | 'failing';
      certificate: {
        serial: string;
        /** Format: date-time */
        notAfter: string;
        /** Format: date-time */
        renewAt: string;
      } | null;
      order: {
        orderId: string;
        status: string;
        reason: string | null;
      } | null;
    };
    /** @description A device as operators see it. Times are ISO 8601 in JSON. */
    DeviceItemPage: {
      items: components['schemas']['DeviceItem'][];
      nextCursor: string | null;
    };
    EnrollDto: {
      /**
       * @description What the operator handed out
       * @example fck_…
       */
      enrollmentKey: string;
      /** @description Serial number, MAC address or the like: keeps one piece of hardware from enrolling twice */
      hardwareId?: string;
      /**
       * @description The addresses that DNS answers the name with, within the address policy of the server
       * @example [
       *       "10.1.1.4",
       *       "fd00::4"
       *     ]
       */
      addresses?: string[];
    };
    EnrolledDevice: {
      deviceId: string;
      name: string;
      label: string;
      zone: string;
      /** @description Shown this once. */
      token: string;
      addresses: string[];
      serverTime: string;
    };
    EnrollmentKeyItem: {
      id: string;
      zone: string;
      group: string | null;
      note: string | null;
      maxUses: number | null;
      uses: number;
      /** Format: date-time */
      expiresAt: string | null;
      /** Format: date-time */
      createdAt: string;
    };
    EnrollmentKeyItemPage: {
      items: components['schemas']['EnrollmentKeyItem'][];
      nextCursor: string | null;
    };
    /** @description An event as operators see it. */
    EventItem: {
      /** @description Rises with each event. */
      id: string;
      /** @enum {string} */
      type:
        | 'certificate.at_risk'
        | 'certificate.expired'
        | 'order.failed'
        | 'device.silent'
        | 'limit.near'
        | 'ca.paused'
        | 'ca.unreachable'
        | 'secondary.behind'
        | 'zone.feed_lag'
        | 'delegation.broken'
        | 'delivery.given_up'
        | 'device.enrolled'
        | 'device.suspended'
        | 'device.resumed'
        | 'device.deleted'
        | 'device.addresses_changed'
        | 'device.clone_suspected'
        | 'device.returned'
        | 'order.deferred'
        | 'certificate.issued'
        | 'certificate.revoked'
        | 'certificate.lapsed'
        | 'ca.returned'
        | 'ca.fallback'
        | 'ca.fallback_ended'
        | 'order.moved'
        | 'alarm.resolved'
        | 'operator.signed_in';
      /** @enum {string} */
      severity: 'info' | 'warning' | 'critical';
      subject: components['schemas']['EventSubject'];
      message: string;
      data: {
        [key: string]: unknown;
      };
      /** Format: date-time */
      createdAt: string;
    };
    /** @description An event as operators see it. */
    EventItemPage: {
      items: components['schemas']['EventItem'][];
      nextCursor: string | null;
    };
    /** @description What an event is about. `id` is stable; `name` is what people know it by. */
    EventSubject: {
      /** @enum {string} */
      kind: 'operator' | 'device' | 'zone' | 'secondary' | 'limit' | 'ca' | 'webhook' | 'mail';
      id: string;
      name?: string;
    };
    /** @description An RRset as operators write it. */
    FixedRecords: {
      /** @description Relative to the apex; `@` is the apex. */
      name: string;
      type: string;
      /** @description Seconds. */
      ttl: number;
      /** @description In presentation format; names in them are relative to the apex unless they end in a dot. */
      values: string[];
    };
    /** @description An RRset as operators write it. */
    FixedRecordsPage: {
      items: components['schemas']['FixedRecords'][];
      nextCursor: string | null;
    };
    /** @description What a rollout of more devices means for the fleet as it stands. Times are ISO 8601 UTC; null: never. */
    FleetForecast: {
      devices: number;
      established: number;
      waiting: number;
      lifetimeSeconds: number;
      rollout: {
        endsAt: string | null;
        binds: {
          limit: string;
          subject?: string;
        };
      };
      options: unknown[];
      renewalsPerDay: number;
      steady: components['schemas']['SteadyUse'][];
      /** @description Seconds to replace every certificate, as after a mass revocation. */
      replaceAllSeconds: number;
    };
    /** @description What an operator sees first. */
    FleetSummary: {
      serverTime: string;
      devices: {
        total: number;
        active: number;
        suspended: number;
        cloneSuspected: number;
      };
      certificates: {
        ok: number;
        renewing: number;
        'at-risk': number;
        expired: number;
        none: number;
        failing: number;
      };
      soonestExpiries: {
        deviceId: string;
        name: string;
        /** Format: date-time */
        notAfter: string;
      }[];
      failures: {
        orderId: string;
        deviceId: string;
        name: string;
        reason: string | null;
        /** Format: date-time */
        at: string;
      }[];
      queue: {
        queued: number;
        issuing: number;
        deferred: number;
        reasons: {
          reason: string;
          orders: number;
        }[];
      };
      buckets: components['schemas']['BucketLevel'][];
      zones: {
        zone: string;
        serial: number;
      }[];
    };
    ListedAccess: {
      accessId: string;
      door: string;
      name: string;
      types: string[];
      /** Format: date-time */
      createdAt: string;
    };
    ListedAccessPage: {
      items: components['schemas']['ListedAccess'][];
      nextCursor: string | null;
    };
    /** @description An account at a CA, as the database has it. */
    ListedAccount: {
      id: string;
      directoryUrl: string;
      /** @description null until it is registered. */
      accountUrl: string | null;
      contact: string | null;
      eabKid: string | null;
      /** @description SHA-256 of the public key's SubjectPublicKeyInfo, lower-case hex. */
      keySha256: string;
      /** Format: date-time */
      createdAt: string;
      /** Format: date-time */
      registeredAt: string | null;
      /** Format: date-time */
      keyChangedAt: string | null;
      /**
       * Format: date-time
       * @description A change of key was begun then, and is not known to have come to its end.
       */
      rolloverPendingSince: string | null;
    };
    /** @description An account at a CA, as the database has it. */
    ListedAccountPage: {
      items: components['schemas']['ListedAccount'][];
      nextCursor: string | null;
    };
    ListedAuditEntry: {
      id: string;
      /** Format: date-time */
      at: string;
      /** @description The API key's id, or `admin-token`. */
      operatorId: string;
      role: string;
      /** @description `DELETE /v1/devices/:id` */
      action: string;
      /** @description The ids and names that the action was about. */
      target: string | null;
      details: {
        [key: string]: unknown;
      };
      clientAddress: string | null;
      requestId: string | null;
      status: number;
      /** @description `done`, or the code of the problem. */
      outcome: string;
    };
    ListedAuditEntryPage: {
      items: components['schemas']['ListedAuditEntry'][];
      nextCursor: string | null;
    };
    ListedDelivery: {
      id: string;
      eventId: string;
      type: string;
      /** @enum {string} */
      state: 'pending' | 'delivered' | 'dead';
      attempts: number;
      /** Format: date-time */
      nextAttemptAt: string | null;
      lastStatus: number | null;
      lastError: string | null;
      /** Format: date-time */
      createdAt: string;
      /** Format: date-time */
      endedAt: string | null;
    };
    ListedDeliveryPage: {
      items: components['schemas']['ListedDelivery'][];
      nextCursor: string | null;
    };
    ListedSecondary: {
      id: string;
      address: string;
      port: number;
      tsigKey: string | null;
      /** Format: date-time */
      createdAt: string;
      /** @description The SOA serial that it serves at this moment; null when it did not answer. */
      serial: number | null;
    };
    ListedSecondaryPage: {
      items: components['schemas']['ListedSecondary'][];
      nextCursor: string | null;
    };
    ListedTsigKey: {
      name: string;
      /** @enum {string} */
      algorithm: 'hmac-sha256' | 'hmac-sha384' | 'hmac-sha512';
      /** @enum {string} */
      use: 'transfer';
      /** Format: date-time */
      createdAt: string;
    };
    ListedTsigKeyPage: {
      items: components['schemas']['ListedTsigKey'][];
      nextCursor: string | null;
    };
    ListedWebhook: {
      id: string;
      url: string;
      events: string[];
      includeChain: boolean;
      /** Format: date-time */
      createdAt: string;
      pending: number;
      /** @description Given up after the last try. */
      dead: number;
    };
    ListedWebhookPage: {
      items: components['schemas']['ListedWebhook'][];
      nextCursor: string | null;
    };
    NewAccessDto: {
      /**
       * @description The protocol that the client speaks
       * @enum {string}
       */
      door: 'acme-dns' | 'httpreq' | 'dyndns2' | 'rfc2136';
      /**
       * @description rfc2136 only
       * @default [
       *       "TXT"
       *     ]
       */
      types?: ('TXT' | 'A' | 'AAAA')[];
      /** @description acme-dns only: CIDR ranges that updates may come from */
      allowfrom?: string[];
    };
    NewApiKeyDto: {
      /**
       * @description What it may do; each role may do all that the one before it may
       * @enum {string}
       */
      role: 'viewer' | 'operator' | 'admin';
      /** @description For people */
      note?: string;
      /**
       * Format: date-time
       * @description When it ends; absent: never
       */
      expiresAt?: string;
    };
    NewEnrollmentKeyDto: {
      /** @description How many devices may enroll with it; absent: any number */
      maxUses?: number;
      /**
       * Format: date-time
       * @description When it ends; absent: never
       */
      expiresAt?: string;
      /** @description The zone that its devices get names in; absent: the first one */
      zone?: string;
      /** @description The group of devices */
      group?: string;
      /** @description For people */
      note?: string;
    };
    NewSecondaryDto: {
      /**
       * @description An IP address
       * @example 192.0.2.54
       */
      address: string;
      /**
       * @description UDP and TCP
       * @example 53
       */
      port: number;
      /** @description The name of a transfer key */
      tsigKey?: string;
    };
    NewTsigKeyDto: {
      /**
       * @description Its name, as the list tells it
       * @example ns2.example.com
       */
      name: string;
      /**
       * @description Of TSIG: hmac-sha256, hmac-sha384 or hmac-sha512
       * @example hmac-sha256
       */
      algorithm: string;
      /**
       * @description What the key is for
       * @enum {string}
       */
      use: 'transfer';
    };
    NewWebhookDto: {
      /**
       * @description Where events are posted to: https, and no address of a private network
       * @example https://hooks.example.com/fleetcert
       */
      url: string;
      /** @description Types of events; * for all of them */
      events: (
        | '*'
        | 'device.enrolled'
        | 'device.suspended'
        | 'device.resumed'
        | 'device.deleted'
        | 'device.addresses_changed'
        | 'device.clone_suspected'
        | 'device.silent'
        | 'device.returned'
        | 'order.failed'
        | 'order.deferred'
        | 'certificate.issued'
        | 'certificate.revoked'
        | 'certificate.lapsed'
        | 'certificate.at_risk'
        | 'certificate.expired'
        | 'limit.near'
        | 'ca.paused'
        | 'ca.unreachable'
        | 'ca.returned'
        | 'ca.fallback'
        | 'ca.fallback_ended'
        | 'order.moved'
        | 'secondary.behind'
        | 'zone.feed_lag'
        | 'delegation.broken'
        | 'delivery.given_up'
        | 'alarm.resolved'
        | 'operator.signed_in'
      )[];
      /**
       * @description Send the chain (PEM) with certificate.issued
       * @default false
       */
      includeChain?: boolean;
    };
    OrderAnswer: {
      /** Format: uuid */
      orderId: string;
      /** @enum {string} */
      status: 'queued' | 'issuing' | 'deferred' | 'issued' | 'failed';
      /**
       * @example [
       *       "k2v7qx.fleet.test"
       *     ]
       */
      names: string[];
      /** @description What it waits for, or why it failed: a sentence for people */
      reason?: string;
      /**
       * Format: date-time
       * @description When the certificate can be expected
       */
      estimatedAt?: string;
      /** @description Where the certificate is, once it is issued */
      certificateUrl?: string;
    };
    /** @description An order as operators see it. */
    OrderItem: {
      orderId: string;
      deviceId: string;
      name: string;
      group: string | null;
      names: string[];
      /** @enum {string} */
      status: 'queued' | 'issuing' | 'deferred' | 'issued' | 'failed';
      /** @description Why it waits or failed, for programs; `limit` and `slot` are the planner's. */
      reasonCode: string | null;
      reason: string | null;
      /**
       * Format: date-time
       * @description When its certificate is to be expected; null for one that has ended, or waits for an operator or the CA's return.
       */
      estimatedAt: string | null;
      /** Format: date-time */
      nextAttemptAt: string;
      failures: number;
      manual: boolean;
      /** Format: date-time */
      queuedAt: string;
      /** Format: date-time */
      createdAt: string;
      /** @description The X-Request-Id of the call that it was made by; null for one that the server has made by itself. */
      requestId: string | null;
    };
    /** @description An order as operators see it. */
    OrderItemPage: {
      items: components['schemas']['OrderItem'][];
      nextCursor: string | null;
    };
    /** @description What lego's httpreq, ddclient or a router need; shown once. */
    PasswordAccess: {
      accessId: string;
      /** @enum {string} */
      door: 'httpreq' | 'dyndns2';
      url: string;
      username: string;
      password: string;
    };
    PrimedLimitDto: {
      /**
       * @description So many at most
       * @example certificates-per-domain
       */
      limit: string;
      /** @description The registered domain or the account URL; absent: the only one */
      subject?: string;
      /** @description The name of the CA, where there are several; absent: the first one */
      ca?: string;
      /** @description How many are left now */
      remaining: number;
    };
    /** @description An error (RFC 9457). Programs look at `type`; `detail` is for people, and may change. */
    Problem: {
      /** @description `urn:fleetcert:problem:` and a code that stays */
      type: string;
      title: string;
      status: number;
      /** @description What to do about it */
      detail: string;
      /** @description The fields that are wrong */
      errors?: {
        /** @description Its path, such as `addresses[1]` */
        field: string;
        detail: string;
      }[];
      /** @description Of `/health/ready` alone: each part of the server, `ok` or what is wrong */
      checks?: {
        [key: string]: string;
      };
    };
    RecordsDto: {
      /**
       * @description Relative to the apex; @ is the apex
       * @example www
       */
      name: string;
      /**
       * @description The type of the records, such as A or TXT
       * @example A
       */
      type: string;
      /**
       * @description Seconds
       * @example 3600
       */
      ttl: number;
      /**
       * @description In presentation format
       * @example [
       *       "192.0.2.7"
       *     ]
       */
      values: string[];
    };
    ResumedCaDto: {
      /** @description The name of the CA, where there are several; absent: the first one */
      ca?: string;
      /** @description The name that was paused; absent: all, and the account */
      name?: string;
    };
    RevocationAnswer: {
      serial: string;
      /** Format: date-time */
      revokedAt: string;
      reason: string;
    };
    RevokeDto: {
      /**
       * @description Why, as RFC 5280 section 5.3.1 calls it (or its number). `keyCompromise` refuses the key for ever.
       * @default unspecified
       * @enum {string}
       */
      reason?: 'unspecified' | 'keyCompromise' | 'superseded' | 'cessationOfOperation';
    };
    /** @description What nsupdate, certbot-dns-rfc2136 or lego need; shown once. */
    Rfc2136Access: {
      accessId: string;
      /** @enum {string} */
      door: 'rfc2136';
      /** @description Address of this server's DNS, with `:port` where that is not 53. */
      server: string;
      zone: string;
      keyName: string;
      algorithm: string;
      /** @description Base64. */
      secret: string;
      types: ('TXT' | 'A' | 'AAAA')[];
    };
    /** @description How much of a limit the fleet takes when it is rolled out and only renews; by bucket for shared ones. */
    SteadyUse: {
      /** @enum {string} */
      limitName:
        | 'new-orders'
        | 'certificates-per-domain'
        | 'certificates-per-exact-set'
        | 'failed-authorizations'
        | 'consecutive-failures'
        | 'new-nonce-requests'
        | 'new-order-requests'
        | 'renewal-info-requests'
        | 'other-requests'
        | 'directory-requests';
      /** @description The registered domain; `a device` for the buckets of one; the account or address otherwise. */
      subject: string;
      usedPerDay: number;
      allowedPerDay: number;
      /** @description used / allowed. Above 1 the fleet does not fit. */
      part: number;
    };
    ZoneItem: {
      zone: string;
      /** @description What this server answers with at this moment; null while the zone is not loaded. */
      serial: number | null;
      /** @description The newest one in the database: this server is behind while the two differ. */
      committedSerial: number;
      names: number;
      nameServers: string[];
    };
    ZoneItemPage: {
      items: components['schemas']['ZoneItem'][];
      nextCursor: string | null;
    };
  };
  responses: {
    /** @description `address_not_allowed`: An address is outside the policy */
    address_not_allowed: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {string} */
          type?: 'urn:fleetcert:problem:address_not_allowed';
        };
      };
    };
    /** @description `already_revoked`: The certificate is revoked already */
    already_revoked: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {string} */
          type?: 'urn:fleetcert:problem:already_revoked';
        };
      };
    };
    /** @description `conflict`: This conflicts with what is there */
    conflict: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {string} */
          type?: 'urn:fleetcert:problem:conflict';
        };
      };
    };
    /** @description `conflict`: This conflicts with what is there. `hardware_id_enrolled`: This hardware is enrolled already */
    'conflict.hardware_id_enrolled': {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {string} */
          type?: 'urn:fleetcert:problem:conflict' | 'urn:fleetcert:problem:hardware_id_enrolled';
        };
      };
    };
    /** @description `csr_rejected`: The CSR was rejected */
    csr_rejected: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {string} */
          type?: 'urn:fleetcert:problem:csr_rejected';
        };
      };
    };
    /** @description `device_suspended`: The device is suspended */
    device_suspended: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {string} */
          type?: 'urn:fleetcert:problem:device_suspended';
        };
      };
    };
    /** @description `device_suspended`: The device is suspended. `forbidden`: This credential may not do that */
    'device_suspended.forbidden': {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {string} */
          type?: 'urn:fleetcert:problem:device_suspended' | 'urn:fleetcert:problem:forbidden';
        };
      };
    };
    /** @description `enrollment_key_invalid`: The enrollment key does not work */
    enrollment_key_invalid: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {string} */
          type?: 'urn:fleetcert:problem:enrollment_key_invalid';
        };
      };
    };
    /** @description `forbidden`: This credential may not do that */
    forbidden: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {string} */
          type?: 'urn:fleetcert:problem:forbidden';
        };
      };
    };
    /** @description `internal`: The server failed */
    internal: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {string} */
          type?: 'urn:fleetcert:problem:internal';
        };
      };
    };
    /** @description `invalid_request`: The request is not valid */
    invalid_request: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {string} */
          type?: 'urn:fleetcert:problem:invalid_request';
        };
      };
    };
    /** @description `invalid_request`: The request is not valid. `malformed_json`: The body is not JSON */
    'invalid_request.malformed_json': {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {string} */
          type?: 'urn:fleetcert:problem:invalid_request' | 'urn:fleetcert:problem:malformed_json';
        };
      };
    };
    /** @description `no_certificate`: There is no certificate yet */
    no_certificate: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {string} */
          type?: 'urn:fleetcert:problem:no_certificate';
        };
      };
    };
    /** @description `not_found`: There is no such thing */
    not_found: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {string} */
          type?: 'urn:fleetcert:problem:not_found';
        };
      };
    };
    /** @description `not_found`: There is no such thing. `unknown_zone`: This zone is not served here */
    'not_found.unknown_zone': {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {string} */
          type?: 'urn:fleetcert:problem:not_found' | 'urn:fleetcert:problem:unknown_zone';
        };
      };
    };
    /** @description `order_not_retryable`: The order cannot be retried */
    order_not_retryable: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {string} */
          type?: 'urn:fleetcert:problem:order_not_retryable';
        };
      };
    };
    /** @description `order_open`: Another order is being worked on */
    order_open: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {string} */
          type?: 'urn:fleetcert:problem:order_open';
        };
      };
    };
    /** @description `payload_too_large`: The body is too large */
    payload_too_large: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {string} */
          type?: 'urn:fleetcert:problem:payload_too_large';
        };
      };
    };
    /** @description `record_rejected`: The record was rejected */
    record_rejected: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {string} */
          type?: 'urn:fleetcert:problem:record_rejected';
        };
      };
    };
    /** @description `unauthorized`: A credential is needed */
    unauthorized: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {string} */
          type?: 'urn:fleetcert:problem:unauthorized';
        };
      };
    };
    /** @description `unavailable`: The server cannot do this right now */
    unavailable: {
      headers: {
        /** @description Seconds to wait before trying again */
        'Retry-After'?: number;
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {string} */
          type?: 'urn:fleetcert:problem:unavailable';
        };
      };
    };
    /** @description `unknown_zone`: This zone is not served here */
    unknown_zone: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {string} */
          type?: 'urn:fleetcert:problem:unknown_zone';
        };
      };
    };
    /** @description `unsupported_media_type`: The body has the wrong media type */
    unsupported_media_type: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {string} */
          type?: 'urn:fleetcert:problem:unsupported_media_type';
        };
      };
    };
  };
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  agentShow: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The script */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example #!/bin/sh
           *     …
           */
          'text/x-shellscript': string;
        };
      };
      500: components['responses']['internal'];
    };
  };
  healthLive: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The process runs */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "status": "ok"
           *     }
           */
          'application/json': {
            /** @enum {string} */
            status: 'ok';
          };
        };
      };
      500: components['responses']['internal'];
    };
  };
  healthReady: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Ready */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "status": "ok",
           *       "checks": {
           *         "database": "ok",
           *         "dns": "ok",
           *         "zones": "ok"
           *       }
           *     }
           */
          'application/json': {
            /** @enum {string} */
            status: 'ok';
            /** @description Each part, and `ok` */
            checks: {
              [key: string]: string;
            };
          };
        };
      };
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  metricsShow: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Prometheus text format */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /** @example fleetcert_dns_zone_serial{zone="d.example.com"} 4711 */
          'text/plain': string;
        };
      };
      401: components['responses']['unauthorized'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  rootsShow: {
    parameters: {
      query?: never;
      header?: {
        /** @description The ETag of the bundle that the device has */
        'If-None-Match'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The bundle */
      200: {
        headers: {
          /** @description Of this bundle */
          ETag?: string;
          /** @description Over TLS of our own: the pin of its key */
          'Fleetcert-Key-Pin'?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example -----BEGIN CERTIFICATE-----
           *     MII…
           *     -----END CERTIFICATE-----
           */
          'application/x-pem-file': string;
        };
      };
      /** @description It is the one of If-None-Match */
      304: {
        headers: {
          /** @description Of this bundle */
          ETag?: string;
          [name: string]: unknown;
        };
        content?: never;
      };
      500: components['responses']['internal'];
    };
  };
  accountsList: {
    parameters: {
      query?: {
        /** @description So many at most */
        limit?: number;
        /** @description nextCursor of the page before */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Our accounts at CAs, as they are known here */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "id": "3b9d2f60-6f5b-4d0a-9c87-5a1e8f2b7d44",
           *           "directoryUrl": "https://acme-v02.api.letsencrypt.org/directory",
           *           "accountUrl": "https://acme-v02.api.letsencrypt.org/acme/acct/1234567",
           *           "contact": "ops@example.com",
           *           "eabKid": null,
           *           "keySha256": "9f2c41d07be8a6350c1e7f4b2d8a9036571c0e4f8b6a2d13907e5c4f1a8b3d62",
           *           "createdAt": "2026-11-02T09:30:00.000Z",
           *           "registeredAt": "2026-11-02T09:30:00.000Z",
           *           "keyChangedAt": null,
           *           "rolloverPendingSince": null
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': components['schemas']['ListedAccountPage'];
        };
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  accountsShow: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Its identifier, as the list tells it */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description An account, and what its CA says of it at this moment */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "atCa": {
           *         "status": "valid",
           *         "contact": [
           *           "ops@example.com"
           *         ]
           *       },
           *       "id": "3b9d2f60-6f5b-4d0a-9c87-5a1e8f2b7d44",
           *       "directoryUrl": "https://acme-v02.api.letsencrypt.org/directory",
           *       "accountUrl": "https://acme-v02.api.letsencrypt.org/acme/acct/1234567",
           *       "contact": "ops@example.com",
           *       "eabKid": null,
           *       "keySha256": "9f2c41d07be8a6350c1e7f4b2d8a9036571c0e4f8b6a2d13907e5c4f1a8b3d62",
           *       "createdAt": "2026-11-02T09:30:00.000Z",
           *       "registeredAt": "2026-11-02T09:30:00.000Z",
           *       "keyChangedAt": null,
           *       "rolloverPendingSince": null
           *     }
           */
          'application/json': components['schemas']['AccountDetails'];
        };
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      404: components['responses']['not_found'];
      409: components['responses']['conflict'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  accountsRollOver: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Its identifier, as the list tells it */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Give an account a new key, here and at its CA; orders go on meanwhile */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "3b9d2f60-6f5b-4d0a-9c87-5a1e8f2b7d44",
           *       "directoryUrl": "https://acme-v02.api.letsencrypt.org/directory",
           *       "accountUrl": "https://acme-v02.api.letsencrypt.org/acme/acct/1234567",
           *       "contact": "ops@example.com",
           *       "eabKid": null,
           *       "keySha256": "9f2c41d07be8a6350c1e7f4b2d8a9036571c0e4f8b6a2d13907e5c4f1a8b3d62",
           *       "createdAt": "2026-11-02T09:30:00.000Z",
           *       "registeredAt": "2026-11-02T09:30:00.000Z",
           *       "keyChangedAt": null,
           *       "rolloverPendingSince": null
           *     }
           */
          'application/json': components['schemas']['ListedAccount'];
        };
      };
      400: components['responses']['invalid_request.malformed_json'];
      401: components['responses']['unauthorized'];
      403: components['responses']['forbidden'];
      404: components['responses']['not_found'];
      409: components['responses']['conflict'];
      413: components['responses']['payload_too_large'];
      415: components['responses']['unsupported_media_type'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  alarmsList: {
    parameters: {
      query?: {
        /** @description So many at most */
        limit?: number;
        /** @description nextCursor of the page before */
        cursor?: string;
        /** @description What the alarm is about, such as `at-risk` */
        kind?:
          | 'certificate.at_risk'
          | 'certificate.expired'
          | 'order.failed'
          | 'device.silent'
          | 'limit.near'
          | 'ca.paused'
          | 'ca.unreachable'
          | 'secondary.behind'
          | 'zone.feed_lag'
          | 'delegation.broken'
          | 'delivery.given_up';
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description What is wrong now: alarms that are raised and not resolved */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "kind": "certificate.at_risk",
           *           "severity": "info",
           *           "subject": {
           *             "kind": "device",
           *             "id": "3b9d2f60-6f5b-4d0a-9c87-5a1e8f2b7d44",
           *             "name": "k2v7q4m3xw5t.d.example.com"
           *           },
           *           "message": "k2v7q4m3xw5t.d.example.com got a certificate",
           *           "data": {
           *             "sha256": "5f1c…"
           *           },
           *           "raisedAt": "2026-11-02T09:30:00.000Z"
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': components['schemas']['AlarmItemPage'];
        };
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  apiKeysList: {
    parameters: {
      query?: {
        /** @description So many at most */
        limit?: number;
        /** @description nextCursor of the page before */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Operator credentials, without the credentials themselves */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "id": "3b9d2f60-6f5b-4d0a-9c87-5a1e8f2b7d44",
           *           "role": "operator",
           *           "note": "first rack",
           *           "createdAt": "2026-11-02T09:30:00.000Z",
           *           "expiresAt": "2027-01-31T00:00:00.000Z"
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': components['schemas']['ApiKeyItemPage'];
        };
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      403: components['responses']['forbidden'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  apiKeysCreate: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "role": "operator",
         *       "note": "first rack",
         *       "expiresAt": "2027-01-31T00:00:00.000Z"
         *     }
         */
        'application/json': components['schemas']['NewApiKeyDto'];
      };
    };
    responses: {
      /** @description Make an operator credential; it is shown this once */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "3b9d2f60-6f5b-4d0a-9c87-5a1e8f2b7d44",
           *       "key": "fck_…",
           *       "role": "operator"
           *     }
           */
          'application/json': {
            id: string;
            key: string;
            /** @enum {string} */
            role: 'viewer' | 'operator' | 'admin';
          };
        };
      };
      400: components['responses']['invalid_request.malformed_json'];
      401: components['responses']['unauthorized'];
      403: components['responses']['forbidden'];
      413: components['responses']['payload_too_large'];
      415: components['responses']['unsupported_media_type'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  apiKeysRevoke: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Its identifier, as the list tells it */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Done */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      403: components['responses']['forbidden'];
      404: components['responses']['not_found'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  auditList: {
    parameters: {
      query?: {
        /** @description So many at most */
        limit?: number;
        /** @description nextCursor of the page before */
        cursor?: string;
        /** @description An API key's id, or admin-token */
        operator?: string;
        /** @description Entries from this time on */
        since?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Who did what, newest first */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "id": "87",
           *           "at": "2026-11-02T09:30:00.000Z",
           *           "operatorId": "3b9d2f60-6f5b-4d0a-9c87-5a1e8f2b7d44",
           *           "role": "operator",
           *           "action": "POST /v1/devices/:id/suspend",
           *           "target": "0199f1c2-7a53-4d8e-9a53-3f1f0d3c2b1a",
           *           "details": {
           *             "group": "rack-1"
           *           },
           *           "clientAddress": "198.51.100.7",
           *           "requestId": "b1946ac9-2492-4d23-9d49-4f9c1f2a3b5c",
           *           "status": 200,
           *           "outcome": "done"
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': components['schemas']['ListedAuditEntryPage'];
        };
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      403: components['responses']['forbidden'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  logExportsExportAudit: {
    parameters: {
      query?: {
        /** @description An API key's id, or admin-token */
        operator?: string;
        /** @description Entries from this time on */
        since?: string;
        /** @description `ndjson`: the items of the list, a line each */
        format?: 'csv' | 'ndjson';
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description All entries of the audit log that the filters match, as CSV or NDJSON */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example deviceId,name
           *     0199f1c2-7a53-4d8e-9a53-3f1f0d3c2b1a,k2v7q4m3xw5t.d.example.com
           */
          'text/csv': string;
          /** @example {"deviceId":"0199f1c2-7a53-4d8e-9a53-3f1f0d3c2b1a","name":"k2v7q4m3xw5t.d.example.com"} */
          'application/x-ndjson': string;
        };
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      403: components['responses']['forbidden'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  deviceShow: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description What the server knows of the calling device */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "deviceId": "0199f1c2-7a53-4d8e-9a53-3f1f0d3c2b1a",
           *       "name": "k2v7q4m3xw5t.d.example.com",
           *       "zone": "d.example.com",
           *       "state": "active",
           *       "addresses": [
           *         "10.1.1.4",
           *         "fd00::4"
           *       ],
           *       "aliases": [],
           *       "serverTime": "2026-11-02T11:02:14.000Z",
           *       "certificate": {
           *         "serial": "04c5f1a2b3d4e5f60718293a4b5c6d7e8f90",
           *         "sha256": "5f1c0c1ba0d1f3bb1d5a6c9c5e4b3a2918273645fedcba98765432100f1e2d3c",
           *         "notBefore": "2026-11-02T09:30:00.000Z",
           *         "notAfter": "2026-12-17T09:30:00.000Z",
           *         "secondsLeft": 3880000,
           *         "names": [
           *           "k2v7q4m3xw5t.d.example.com"
           *         ]
           *       },
           *       "order": {
           *         "orderId": "8c1f4d7e-2b3a-4c5d-8e9f-0a1b2c3d4e5f",
           *         "status": "issued",
           *         "names": [
           *           "k2v7q4m3xw5t.d.example.com"
           *         ]
           *       },
           *       "renewAt": "2026-12-02T09:30:00.000Z"
           *     }
           */
          'application/json': components['schemas']['DeviceAnswer'];
        };
      };
      401: components['responses']['unauthorized'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  deviceAccessList: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Credentials of existing clients, without their secrets */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "accessId": "5b0c6a1e-9a0f-4b7a-8f65-2d6f4a2a7c31",
           *           "door": "rfc2136",
           *           "name": "k2v7q4m3xw5t.d.example.com",
           *           "types": [
           *             "TXT"
           *           ],
           *           "createdAt": "2026-11-02T09:30:00.000Z"
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': components['schemas']['ListedAccessPage'];
        };
      };
      401: components['responses']['unauthorized'];
      403: components['responses']['device_suspended'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  deviceAccessCreate: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "door": "rfc2136",
         *       "types": [
         *         "TXT"
         *       ]
         *     }
         */
        'application/json': components['schemas']['NewAccessDto'];
      };
    };
    responses: {
      /** @description Credentials for an existing client; shown this once */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "accessId": "5b0c6a1e-9a0f-4b7a-8f65-2d6f4a2a7c31",
           *       "door": "rfc2136",
           *       "server": "192.0.2.53",
           *       "zone": "d.example.com",
           *       "keyName": "k2v7q4m3xw5t-1.d.example.com",
           *       "algorithm": "hmac-sha256",
           *       "secret": "…",
           *       "types": [
           *         "TXT"
           *       ]
           *     }
           */
          'application/json':
            | components['schemas']['Rfc2136Access']
            | components['schemas']['AcmeDnsAccess']
            | components['schemas']['PasswordAccess'];
        };
      };
      400: components['responses']['invalid_request.malformed_json'];
      401: components['responses']['unauthorized'];
      403: components['responses']['device_suspended'];
      409: components['responses']['conflict'];
      413: components['responses']['payload_too_large'];
      415: components['responses']['unsupported_media_type'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  deviceAccessEnd: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description Of the list of accesses
         * @example 5b0c6a1e-9a0f-4b7a-8f65-2d6f4a2a7c31
         */
        accessId: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Done */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      403: components['responses']['device_suspended'];
      404: components['responses']['not_found'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  deviceReplaceAddresses: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "addresses": [
         *         "10.1.1.4",
         *         "fd00::4"
         *       ]
         *     }
         */
        'application/json': components['schemas']['AddressesDto'];
      };
    };
    responses: {
      /** @description Replace the device's addresses; DNS serves them when this answers */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "name": "k2v7q4m3xw5t.d.example.com",
           *       "addresses": [
           *         "10.1.1.4",
           *         "fd00::4"
           *       ],
           *       "changed": false
           *     }
           */
          'application/json': components['schemas']['AddressesAnswer'];
        };
      };
      400: components['responses']['invalid_request.malformed_json'];
      401: components['responses']['unauthorized'];
      403: components['responses']['device_suspended'];
      409: components['responses']['conflict'];
      413: components['responses']['payload_too_large'];
      415: components['responses']['unsupported_media_type'];
      422: components['responses']['address_not_allowed'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  certificateShow: {
    parameters: {
      query?: never;
      header?: {
        /** @description The ETag of the one that the device has */
        'If-None-Match'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The chain, leaf first and without the root; with `Accept: application/json` what there is to know of it */
      200: {
        headers: {
          /** @description Of this certificate in this form */
          ETag?: string;
          /** @description Accept */
          Vary?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example -----BEGIN CERTIFICATE-----
           *     MII…
           *     -----END CERTIFICATE-----
           */
          'application/pem-certificate-chain': string;
          /**
           * @example {
           *       "pem": "-----BEGIN CERTIFICATE-----\nMII…\n-----END CERTIFICATE-----\n",
           *       "serial": "04c5f1a2b3d4e5f60718293a4b5c6d7e8f90",
           *       "sha256": "5f1c0c1ba0d1f3bb1d5a6c9c5e4b3a2918273645fedcba98765432100f1e2d3c",
           *       "notBefore": "2026-11-02T09:30:00.000Z",
           *       "notAfter": "2026-12-17T09:30:00.000Z",
           *       "renewAt": "2026-12-02T09:30:00.000Z",
           *       "secondsLeft": 3880000
           *     }
           */
          'application/json': components['schemas']['CertificateAnswer'];
        };
      };
      /** @description The one that If-None-Match names */
      304: {
        headers: {
          /** @description Of this certificate in this form */
          ETag?: string;
          [name: string]: unknown;
        };
        content?: never;
      };
      401: components['responses']['unauthorized'];
      404: components['responses']['no_certificate'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  certificateRevoke: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "reason": "unspecified"
         *     }
         */
        'application/json': components['schemas']['RevokeDto'];
      };
    };
    responses: {
      /** @description Recorded */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "serial": "04c5f1a2b3d4e5f60718293a4b5c6d7e8f90",
           *       "revokedAt": "2026-11-02T10:00:00.000Z",
           *       "reason": "cessationOfOperation"
           *     }
           */
          'application/json': components['schemas']['RevocationAnswer'];
        };
      };
      400: components['responses']['invalid_request.malformed_json'];
      401: components['responses']['unauthorized'];
      404: components['responses']['no_certificate'];
      409: components['responses']['already_revoked'];
      413: components['responses']['payload_too_large'];
      415: components['responses']['unsupported_media_type'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  orderCreate: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "csr": "-----BEGIN CERTIFICATE REQUEST-----\nMIH…\n-----END CERTIFICATE REQUEST-----\n",
         *       "renewWhileAway": true
         *     }
         */
        'application/json': components['schemas']['CreateOrderDto'];
      };
    };
    responses: {
      /** @description Issued for this CSR already */
      200: {
        headers: {
          /** @description Where the order is */
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "orderId": "8c1f4d7e-2b3a-4c5d-8e9f-0a1b2c3d4e5f",
           *       "status": "queued",
           *       "names": [
           *         "k2v7qx.fleet.test"
           *       ],
           *       "reason": "It waits for the limit of certificates a registered domain (example.com).",
           *       "estimatedAt": "2026-11-02T09:32:00.000Z",
           *       "certificateUrl": "https://devices.example.com/v1/device/certificate"
           *     }
           */
          'application/json': components['schemas']['OrderAnswer'];
        };
      };
      /** @description Taken; or the open order of this very CSR */
      202: {
        headers: {
          /** @description Where the order is */
          Location?: string;
          /** @description Seconds after which to look again, while it is open */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "orderId": "8c1f4d7e-2b3a-4c5d-8e9f-0a1b2c3d4e5f",
           *       "status": "queued",
           *       "names": [
           *         "k2v7qx.fleet.test"
           *       ],
           *       "reason": "It waits for the limit of certificates a registered domain (example.com).",
           *       "estimatedAt": "2026-11-02T09:32:00.000Z",
           *       "certificateUrl": "https://devices.example.com/v1/device/certificate"
           *     }
           */
          'application/json': components['schemas']['OrderAnswer'];
        };
      };
      400: components['responses']['invalid_request.malformed_json'];
      401: components['responses']['unauthorized'];
      403: components['responses']['device_suspended'];
      409: components['responses']['order_open'];
      413: components['responses']['payload_too_large'];
      415: components['responses']['unsupported_media_type'];
      422: components['responses']['csr_rejected'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  orderShow: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description As the order was answered
         * @example 8c1f4d7e-2b3a-4c5d-8e9f-0a1b2c3d4e5f
         */
        orderId: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Its status */
      200: {
        headers: {
          /** @description Seconds after which to look again, while it is open */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "orderId": "8c1f4d7e-2b3a-4c5d-8e9f-0a1b2c3d4e5f",
           *       "status": "queued",
           *       "names": [
           *         "k2v7qx.fleet.test"
           *       ],
           *       "reason": "It waits for the limit of certificates a registered domain (example.com).",
           *       "estimatedAt": "2026-11-02T09:32:00.000Z",
           *       "certificateUrl": "https://devices.example.com/v1/device/certificate"
           *     }
           */
          'application/json': components['schemas']['OrderAnswer'];
        };
      };
      401: components['responses']['unauthorized'];
      404: components['responses']['not_found'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  deviceRotateToken: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A new credential; the old one works until the new one is first used */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "token": "fcd_…"
           *     }
           */
          'application/json': {
            token: string;
          };
        };
      };
      400: components['responses']['invalid_request.malformed_json'];
      401: components['responses']['unauthorized'];
      403: components['responses']['device_suspended'];
      413: components['responses']['payload_too_large'];
      415: components['responses']['unsupported_media_type'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  devicesList: {
    parameters: {
      query?: {
        /** @description So many at most */
        limit?: number;
        /** @description nextCursor of the page before */
        cursor?: string;
        /** @description Only those in this state */
        state?: 'active' | 'suspended';
        /** @description A zone of this server */
        zone?: string;
        /** @description The group of devices */
        group?: string;
        /** @description Health of the certificate: one, or several (in a query separated by commas) */
        health?: ('ok' | 'renewing' | 'at-risk' | 'expired' | 'none' | 'failing')[];
        /** @description Part of the name, label, an alias, the group, note or hardware id; or a whole address */
        q?: string;
        /** @description Has not called since */
        lastSeenBefore?: string;
        /** @description Has called since */
        lastSeenAfter?: string;
        /** @description With - before it: descending */
        sort?:
          'enrolledAt' | '-enrolledAt' | 'name' | '-name' | 'notAfter' | '-notAfter' | 'lastSeenAt' | '-lastSeenAt';
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Devices: search, filters and order; oldest enrollment first */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "deviceId": "0199f1c2-7a53-4d8e-9a53-3f1f0d3c2b1a",
           *           "name": "k2v7q4m3xw5t.d.example.com",
           *           "label": "k2v7q4m3xw5t",
           *           "zone": "d.example.com",
           *           "state": "active",
           *           "addresses": [
           *             "10.1.1.4",
           *             "fd00::4"
           *           ],
           *           "wildcard": false,
           *           "aliases": [],
           *           "hardwareId": "SN-20417",
           *           "group": "rack-1",
           *           "note": "first rack",
           *           "enrolledAt": "2026-11-02T09:30:00.000Z",
           *           "lastSeenAt": "2026-11-02T11:02:13.000Z",
           *           "cloneSuspectedAt": null,
           *           "certificateHealth": "ok",
           *           "certificate": {
           *             "serial": "04c5f1a2b3d4e5f60718293a4b5c6d7e8f90",
           *             "notAfter": "2026-12-17T09:30:00.000Z",
           *             "renewAt": "2026-12-02T09:30:00.000Z"
           *           },
           *           "order": {
           *             "orderId": "8c1f4d7e-2b3a-4c5d-8e9f-0a1b2c3d4e5f",
           *             "status": "issued",
           *             "reason": null
           *           }
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': components['schemas']['DeviceItemPage'];
        };
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  deviceBulkList: {
    parameters: {
      query?: {
        /** @description So many at most */
        limit?: number;
        /** @description nextCursor of the page before */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Bulk actions with how far they have come, newest first */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "id": "3b9d2f60-6f5b-4d0a-9c87-5a1e8f2b7d44",
           *           "action": "suspend",
           *           "parameters": {},
           *           "filter": {
           *             "group": "rack-1"
           *           },
           *           "state": "running",
           *           "total": 120,
           *           "done": 40,
           *           "unchanged": 2,
           *           "failed": 0,
           *           "cancelled": 0,
           *           "pending": 78,
           *           "operatorId": "admin-token",
           *           "createdAt": "2026-11-02T09:30:00.000Z",
           *           "endedAt": null
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': components['schemas']['BulkJobPage'];
        };
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  deviceBulkStart: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "action": "suspend",
         *       "filter": {
         *         "group": "rack-1"
         *       },
         *       "dryRun": true
         *     }
         */
        'application/json': components['schemas']['BulkActionDto'];
      };
    };
    responses: {
      /** @description With dryRun: what it would be */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "dryRun": true,
           *       "action": "suspend",
           *       "count": 120,
           *       "sample": [
           *         {
           *           "deviceId": "0199f1c2-7a53-4d8e-9a53-3f1f0d3c2b1a",
           *           "name": "k2v7q4m3xw5t.d.example.com"
           *         }
           *       ]
           *     }
           */
          'application/json': components['schemas']['BulkPreview'];
        };
      };
      /** @description Begun; its devices come one after the other */
      202: {
        headers: {
          /** @description How far it has come */
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "3b9d2f60-6f5b-4d0a-9c87-5a1e8f2b7d44",
           *       "action": "suspend",
           *       "parameters": {},
           *       "filter": {
           *         "group": "rack-1"
           *       },
           *       "state": "running",
           *       "total": 120,
           *       "done": 40,
           *       "unchanged": 2,
           *       "failed": 0,
           *       "cancelled": 0,
           *       "pending": 78,
           *       "operatorId": "admin-token",
           *       "createdAt": "2026-11-02T09:30:00.000Z",
           *       "endedAt": null
           *     }
           */
          'application/json': components['schemas']['BulkJob'];
        };
      };
      400: components['responses']['invalid_request.malformed_json'];
      401: components['responses']['unauthorized'];
      403: components['responses']['forbidden'];
      409: components['responses']['conflict'];
      413: components['responses']['payload_too_large'];
      415: components['responses']['unsupported_media_type'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  deviceBulkShow: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Its identifier, as the list tells it */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description One bulk action, with how far it has come */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "3b9d2f60-6f5b-4d0a-9c87-5a1e8f2b7d44",
           *       "action": "suspend",
           *       "parameters": {},
           *       "filter": {
           *         "group": "rack-1"
           *       },
           *       "state": "running",
           *       "total": 120,
           *       "done": 40,
           *       "unchanged": 2,
           *       "failed": 0,
           *       "cancelled": 0,
           *       "pending": 78,
           *       "operatorId": "admin-token",
           *       "createdAt": "2026-11-02T09:30:00.000Z",
           *       "endedAt": null
           *     }
           */
          'application/json': components['schemas']['BulkJob'];
        };
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      404: components['responses']['not_found'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  deviceBulkCancel: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Its identifier, as the list tells it */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description End a bulk action: devices that are still to come stay as they are */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "3b9d2f60-6f5b-4d0a-9c87-5a1e8f2b7d44",
           *       "action": "suspend",
           *       "parameters": {},
           *       "filter": {
           *         "group": "rack-1"
           *       },
           *       "state": "running",
           *       "total": 120,
           *       "done": 40,
           *       "unchanged": 2,
           *       "failed": 0,
           *       "cancelled": 0,
           *       "pending": 78,
           *       "operatorId": "admin-token",
           *       "createdAt": "2026-11-02T09:30:00.000Z",
           *       "endedAt": null
           *     }
           */
          'application/json': components['schemas']['BulkJob'];
        };
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      403: components['responses']['forbidden'];
      404: components['responses']['not_found'];
      409: components['responses']['conflict'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  deviceBulkItems: {
    parameters: {
      query?: {
        /** @description So many at most */
        limit?: number;
        /** @description nextCursor of the page before */
        cursor?: string;
        /** @description What became of them */
        outcome?: 'done' | 'unchanged' | 'failed' | 'cancelled';
      };
      header?: never;
      path: {
        /** @description Its identifier, as the list tells it */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description What became of each device of a bulk action, by name */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "deviceId": "0199f1c2-7a53-4d8e-9a53-3f1f0d3c2b1a",
           *           "name": "k2v7q4m3xw5t.d.example.com",
           *           "outcome": "done",
           *           "detail": "The order is issued; there is nothing to retry."
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': components['schemas']['BulkItemPage'];
        };
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      404: components['responses']['not_found'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  inventoryExportsExportDevices: {
    parameters: {
      query?: {
        /** @description Only those in this state */
        state?: 'active' | 'suspended';
        /** @description A zone of this server */
        zone?: string;
        /** @description The group of devices */
        group?: string;
        /** @description Health of the certificate: one, or several (in a query separated by commas) */
        health?: ('ok' | 'renewing' | 'at-risk' | 'expired' | 'none' | 'failing')[];
        /** @description Part of the name, label, an alias, the group, note or hardware id; or a whole address */
        q?: string;
        /** @description Has not called since */
        lastSeenBefore?: string;
        /** @description Has called since */
        lastSeenAfter?: string;
        /** @description With - before it: descending */
        sort?:
          'enrolledAt' | '-enrolledAt' | 'name' | '-name' | 'notAfter' | '-notAfter' | 'lastSeenAt' | '-lastSeenAt';
        /** @description `ndjson`: the items of the list, a line each */
        format?: 'csv' | 'ndjson';
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description All devices that the filters match, as CSV or NDJSON */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example deviceId,name
           *     0199f1c2-7a53-4d8e-9a53-3f1f0d3c2b1a,k2v7q4m3xw5t.d.example.com
           */
          'text/csv': string;
          /** @example {"deviceId":"0199f1c2-7a53-4d8e-9a53-3f1f0d3c2b1a","name":"k2v7q4m3xw5t.d.example.com"} */
          'application/x-ndjson': string;
        };
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  devicesShow: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Its identifier, as the list tells it */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description One device */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "deviceId": "0199f1c2-7a53-4d8e-9a53-3f1f0d3c2b1a",
           *       "name": "k2v7q4m3xw5t.d.example.com",
           *       "label": "k2v7q4m3xw5t",
           *       "zone": "d.example.com",
           *       "state": "active",
           *       "addresses": [
           *         "10.1.1.4",
           *         "fd00::4"
           *       ],
           *       "wildcard": false,
           *       "aliases": [],
           *       "hardwareId": "SN-20417",
           *       "group": "rack-1",
           *       "note": "first rack",
           *       "enrolledAt": "2026-11-02T09:30:00.000Z",
           *       "lastSeenAt": "2026-11-02T11:02:13.000Z",
           *       "cloneSuspectedAt": null,
           *       "certificateHealth": "ok",
           *       "certificate": {
           *         "serial": "04c5f1a2b3d4e5f60718293a4b5c6d7e8f90",
           *         "notAfter": "2026-12-17T09:30:00.000Z",
           *         "renewAt": "2026-12-02T09:30:00.000Z"
           *       },
           *       "order": {
           *         "orderId": "8c1f4d7e-2b3a-4c5d-8e9f-0a1b2c3d4e5f",
           *         "status": "issued",
           *         "reason": null
           *       }
           *     }
           */
          'application/json': components['schemas']['DeviceItem'];
        };
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      404: components['responses']['not_found'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  devicesDelete: {
    parameters: {
      query?: {
        /** @description Also revoke the certificate */
        revoke?: boolean;
      };
      header?: never;
      path: {
        /** @description Its identifier, as the list tells it */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Done */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      403: components['responses']['forbidden'];
      404: components['responses']['not_found'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  devicesChange: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Its identifier, as the list tells it */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "note": "third shelf",
         *       "group": "rack-1",
         *       "aliases": [
         *         "nas"
         *       ]
         *     }
         */
        'application/json': components['schemas']['DeviceChangesDto'];
      };
    };
    responses: {
      /** @description Set a device's note, group or wildcard */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "deviceId": "0199f1c2-7a53-4d8e-9a53-3f1f0d3c2b1a",
           *       "name": "k2v7q4m3xw5t.d.example.com",
           *       "label": "k2v7q4m3xw5t",
           *       "zone": "d.example.com",
           *       "state": "active",
           *       "addresses": [
           *         "10.1.1.4",
           *         "fd00::4"
           *       ],
           *       "wildcard": false,
           *       "aliases": [],
           *       "hardwareId": "SN-20417",
           *       "group": "rack-1",
           *       "note": "first rack",
           *       "enrolledAt": "2026-11-02T09:30:00.000Z",
           *       "lastSeenAt": "2026-11-02T11:02:13.000Z",
           *       "cloneSuspectedAt": null,
           *       "certificateHealth": "ok",
           *       "certificate": {
           *         "serial": "04c5f1a2b3d4e5f60718293a4b5c6d7e8f90",
           *         "notAfter": "2026-12-17T09:30:00.000Z",
           *         "renewAt": "2026-12-02T09:30:00.000Z"
           *       },
           *       "order": {
           *         "orderId": "8c1f4d7e-2b3a-4c5d-8e9f-0a1b2c3d4e5f",
           *         "status": "issued",
           *         "reason": null
           *       }
           *     }
           */
          'application/json': components['schemas']['DeviceItem'];
        };
      };
      400: components['responses']['invalid_request.malformed_json'];
      401: components['responses']['unauthorized'];
      403: components['responses']['forbidden'];
      404: components['responses']['not_found'];
      409: components['responses']['conflict'];
      413: components['responses']['payload_too_large'];
      415: components['responses']['unsupported_media_type'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  operatorAccessList: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Its identifier, as the list tells it */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A device's credentials for existing clients, without their secrets */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "accessId": "5b0c6a1e-9a0f-4b7a-8f65-2d6f4a2a7c31",
           *           "door": "rfc2136",
           *           "name": "k2v7q4m3xw5t.d.example.com",
           *           "types": [
           *             "TXT"
           *           ],
           *           "createdAt": "2026-11-02T09:30:00.000Z"
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': components['schemas']['ListedAccessPage'];
        };
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      404: components['responses']['not_found'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  operatorAccessCreate: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Its identifier, as the list tells it */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "door": "rfc2136",
         *       "types": [
         *         "TXT"
         *       ]
         *     }
         */
        'application/json': components['schemas']['NewAccessDto'];
      };
    };
    responses: {
      /** @description Credentials for an existing client of a device; shown this once */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "accessId": "5b0c6a1e-9a0f-4b7a-8f65-2d6f4a2a7c31",
           *       "door": "rfc2136",
           *       "server": "192.0.2.53",
           *       "zone": "d.example.com",
           *       "keyName": "k2v7q4m3xw5t-1.d.example.com",
           *       "algorithm": "hmac-sha256",
           *       "secret": "…",
           *       "types": [
           *         "TXT"
           *       ]
           *     }
           */
          'application/json':
            | components['schemas']['Rfc2136Access']
            | components['schemas']['AcmeDnsAccess']
            | components['schemas']['PasswordAccess'];
        };
      };
      400: components['responses']['invalid_request.malformed_json'];
      401: components['responses']['unauthorized'];
      403: components['responses']['device_suspended.forbidden'];
      404: components['responses']['not_found'];
      409: components['responses']['conflict'];
      413: components['responses']['payload_too_large'];
      415: components['responses']['unsupported_media_type'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  operatorAccessEnd: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Its identifier, as the list tells it */
        id: string;
        /**
         * @description Of the list of accesses
         * @example 5b0c6a1e-9a0f-4b7a-8f65-2d6f4a2a7c31
         */
        accessId: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Done */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      403: components['responses']['forbidden'];
      404: components['responses']['not_found'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  devicesResume: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Its identifier, as the list tells it */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description End a suspension */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "deviceId": "0199f1c2-7a53-4d8e-9a53-3f1f0d3c2b1a",
           *       "name": "k2v7q4m3xw5t.d.example.com",
           *       "label": "k2v7q4m3xw5t",
           *       "zone": "d.example.com",
           *       "state": "active",
           *       "addresses": [
           *         "10.1.1.4",
           *         "fd00::4"
           *       ],
           *       "wildcard": false,
           *       "aliases": [],
           *       "hardwareId": "SN-20417",
           *       "group": "rack-1",
           *       "note": "first rack",
           *       "enrolledAt": "2026-11-02T09:30:00.000Z",
           *       "lastSeenAt": "2026-11-02T11:02:13.000Z",
           *       "cloneSuspectedAt": null,
           *       "certificateHealth": "ok",
           *       "certificate": {
           *         "serial": "04c5f1a2b3d4e5f60718293a4b5c6d7e8f90",
           *         "notAfter": "2026-12-17T09:30:00.000Z",
           *         "renewAt": "2026-12-02T09:30:00.000Z"
           *       },
           *       "order": {
           *         "orderId": "8c1f4d7e-2b3a-4c5d-8e9f-0a1b2c3d4e5f",
           *         "status": "issued",
           *         "reason": null
           *       }
           *     }
           */
          'application/json': components['schemas']['DeviceItem'];
        };
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      403: components['responses']['forbidden'];
      404: components['responses']['not_found'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  devicesSuspend: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Its identifier, as the list tells it */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Let a device change nothing and get nothing new */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "deviceId": "0199f1c2-7a53-4d8e-9a53-3f1f0d3c2b1a",
           *       "name": "k2v7q4m3xw5t.d.example.com",
           *       "label": "k2v7q4m3xw5t",
           *       "zone": "d.example.com",
           *       "state": "active",
           *       "addresses": [
           *         "10.1.1.4",
           *         "fd00::4"
           *       ],
           *       "wildcard": false,
           *       "aliases": [],
           *       "hardwareId": "SN-20417",
           *       "group": "rack-1",
           *       "note": "first rack",
           *       "enrolledAt": "2026-11-02T09:30:00.000Z",
           *       "lastSeenAt": "2026-11-02T11:02:13.000Z",
           *       "cloneSuspectedAt": null,
           *       "certificateHealth": "ok",
           *       "certificate": {
           *         "serial": "04c5f1a2b3d4e5f60718293a4b5c6d7e8f90",
           *         "notAfter": "2026-12-17T09:30:00.000Z",
           *         "renewAt": "2026-12-02T09:30:00.000Z"
           *       },
           *       "order": {
           *         "orderId": "8c1f4d7e-2b3a-4c5d-8e9f-0a1b2c3d4e5f",
           *         "status": "issued",
           *         "reason": null
           *       }
           *     }
           */
          'application/json': components['schemas']['DeviceItem'];
        };
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      403: components['responses']['forbidden'];
      404: components['responses']['not_found'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  enroll: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "enrollmentKey": "fck_…",
         *       "hardwareId": "SN-20417",
         *       "addresses": [
         *         "10.1.1.4",
         *         "fd00::4"
         *       ]
         *     }
         */
        'application/json': components['schemas']['EnrollDto'];
      };
    };
    responses: {
      /** @description Enroll: an enrollment key for a name and a credential */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "deviceId": "0199f1c2-7a53-4d8e-9a53-3f1f0d3c2b1a",
           *       "name": "k2v7q4m3xw5t.d.example.com",
           *       "label": "k2v7q4m3xw5t",
           *       "zone": "d.example.com",
           *       "token": "fcd_…",
           *       "addresses": [
           *         "10.1.1.4",
           *         "fd00::4"
           *       ],
           *       "serverTime": "2026-11-02T11:02:14.000Z"
           *     }
           */
          'application/json': components['schemas']['EnrolledDevice'];
        };
      };
      400: components['responses']['invalid_request.malformed_json'];
      401: components['responses']['enrollment_key_invalid'];
      409: components['responses']['conflict.hardware_id_enrolled'];
      413: components['responses']['payload_too_large'];
      415: components['responses']['unsupported_media_type'];
      422: components['responses']['address_not_allowed'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  enrollmentKeysList: {
    parameters: {
      query?: {
        /** @description So many at most */
        limit?: number;
        /** @description nextCursor of the page before */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Enrollment keys, without the keys themselves */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "id": "3b9d2f60-6f5b-4d0a-9c87-5a1e8f2b7d44",
           *           "zone": "d.example.com",
           *           "group": "rack-1",
           *           "note": "first rack",
           *           "maxUses": 50,
           *           "uses": 12,
           *           "expiresAt": "2027-01-31T00:00:00.000Z",
           *           "createdAt": "2026-11-02T09:30:00.000Z"
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': components['schemas']['EnrollmentKeyItemPage'];
        };
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  enrollmentKeysCreate: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "maxUses": 50,
         *       "expiresAt": "2027-01-31T00:00:00Z",
         *       "group": "rack-1",
         *       "note": "first rack"
         *     }
         */
        'application/json': components['schemas']['NewEnrollmentKeyDto'];
      };
    };
    responses: {
      /** @description Make an enrollment key; it is shown this once */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "3b9d2f60-6f5b-4d0a-9c87-5a1e8f2b7d44",
           *       "key": "fck_…"
           *     }
           */
          'application/json': {
            id: string;
            key: string;
          };
        };
      };
      400: components['responses']['invalid_request.malformed_json'];
      401: components['responses']['unauthorized'];
      403: components['responses']['forbidden'];
      404: components['responses']['unknown_zone'];
      413: components['responses']['payload_too_large'];
      415: components['responses']['unsupported_media_type'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  enrollmentKeysRevoke: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Its identifier, as the list tells it */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Done */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      403: components['responses']['forbidden'];
      404: components['responses']['not_found'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  eventsList: {
    parameters: {
      query?: {
        /** @description So many at most */
        limit?: number;
        /** @description nextCursor of the page before */
        cursor?: string;
        /** @description One or several, separated by commas */
        type?: (
          | 'device.enrolled'
          | 'device.suspended'
          | 'device.resumed'
          | 'device.deleted'
          | 'device.addresses_changed'
          | 'device.clone_suspected'
          | 'device.silent'
          | 'device.returned'
          | 'order.failed'
          | 'order.deferred'
          | 'certificate.issued'
          | 'certificate.revoked'
          | 'certificate.lapsed'
          | 'certificate.at_risk'
          | 'certificate.expired'
          | 'limit.near'
          | 'ca.paused'
          | 'ca.unreachable'
          | 'ca.returned'
          | 'ca.fallback'
          | 'ca.fallback_ended'
          | 'order.moved'
          | 'secondary.behind'
          | 'zone.feed_lag'
          | 'delegation.broken'
          | 'delivery.given_up'
          | 'alarm.resolved'
          | 'operator.signed_in'
        )[];
        /** @description One or several, separated by commas */
        severity?: ('info' | 'warning' | 'critical')[];
        /** @description A device's id */
        device?: string;
        /** @description Events from this time on */
        since?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description What happened, newest first */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "id": "1042",
           *           "type": "certificate.issued",
           *           "severity": "info",
           *           "subject": {
           *             "kind": "operator",
           *             "id": "3b9d2f60-6f5b-4d0a-9c87-5a1e8f2b7d44",
           *             "name": "k2v7q4m3xw5t.d.example.com"
           *           },
           *           "message": "k2v7q4m3xw5t.d.example.com got a certificate",
           *           "data": {
           *             "sha256": "5f1c…"
           *           },
           *           "createdAt": "2026-11-02T09:30:00.000Z"
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': components['schemas']['EventItemPage'];
        };
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  logExportsExportEvents: {
    parameters: {
      query?: {
        /** @description One or several, separated by commas */
        type?: (
          | 'device.enrolled'
          | 'device.suspended'
          | 'device.resumed'
          | 'device.deleted'
          | 'device.addresses_changed'
          | 'device.clone_suspected'
          | 'device.silent'
          | 'device.returned'
          | 'order.failed'
          | 'order.deferred'
          | 'certificate.issued'
          | 'certificate.revoked'
          | 'certificate.lapsed'
          | 'certificate.at_risk'
          | 'certificate.expired'
          | 'limit.near'
          | 'ca.paused'
          | 'ca.unreachable'
          | 'ca.returned'
          | 'ca.fallback'
          | 'ca.fallback_ended'
          | 'order.moved'
          | 'secondary.behind'
          | 'zone.feed_lag'
          | 'delegation.broken'
          | 'delivery.given_up'
          | 'alarm.resolved'
          | 'operator.signed_in'
        )[];
        /** @description One or several, separated by commas */
        severity?: ('info' | 'warning' | 'critical')[];
        /** @description A device's id */
        device?: string;
        /** @description Events from this time on */
        since?: string;
        /** @description `ndjson`: the items of the list, a line each */
        format?: 'csv' | 'ndjson';
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description All events that the filters match, as CSV or NDJSON */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example deviceId,name
           *     0199f1c2-7a53-4d8e-9a53-3f1f0d3c2b1a,k2v7q4m3xw5t.d.example.com
           */
          'text/csv': string;
          /** @example {"deviceId":"0199f1c2-7a53-4d8e-9a53-3f1f0d3c2b1a","name":"k2v7q4m3xw5t.d.example.com"} */
          'application/x-ndjson': string;
        };
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  eventsStream: {
    parameters: {
      query?: {
        /** @description So many at most */
        limit?: number;
        /** @description nextCursor of the page before */
        cursor?: string;
        /** @description One or several, separated by commas */
        type?: (
          | 'device.enrolled'
          | 'device.suspended'
          | 'device.resumed'
          | 'device.deleted'
          | 'device.addresses_changed'
          | 'device.clone_suspected'
          | 'device.silent'
          | 'device.returned'
          | 'order.failed'
          | 'order.deferred'
          | 'certificate.issued'
          | 'certificate.revoked'
          | 'certificate.lapsed'
          | 'certificate.at_risk'
          | 'certificate.expired'
          | 'limit.near'
          | 'ca.paused'
          | 'ca.unreachable'
          | 'ca.returned'
          | 'ca.fallback'
          | 'ca.fallback_ended'
          | 'order.moved'
          | 'secondary.behind'
          | 'zone.feed_lag'
          | 'delegation.broken'
          | 'delivery.given_up'
          | 'alarm.resolved'
          | 'operator.signed_in'
        )[];
        /** @description One or several, separated by commas */
        severity?: ('info' | 'warning' | 'critical')[];
        /** @description A device's id */
        device?: string;
        /** @description Events from this time on */
        since?: string;
      };
      header?: {
        /** @description The id of the event that was seen last */
        'Last-Event-ID'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Events as they happen; a comment every so often keeps the connection open */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example retry: 3000
           *     id: 1041
           *
           *     id: 1042
           *     event: certificate.issued
           *     data: {"id":"1042","type":"certificate.issued","severity":"info","message":"k2v7q4m3xw5t.d.example.com got a certificate", …}
           */
          'text/event-stream': string;
        };
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  fleetShow: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The fleet at a glance */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "serverTime": "2026-11-02T11:02:14.000Z",
           *       "devices": {
           *         "total": 20417,
           *         "active": 20415,
           *         "suspended": 2,
           *         "cloneSuspected": 0
           *       },
           *       "certificates": {
           *         "ok": 20120,
           *         "renewing": 240,
           *         "at-risk": 3,
           *         "expired": 1,
           *         "none": 51,
           *         "failing": 2
           *       },
           *       "soonestExpiries": [
           *         {
           *           "deviceId": "0199f1c2-7a53-4d8e-9a53-3f1f0d3c2b1a",
           *           "name": "k2v7q4m3xw5t.d.example.com",
           *           "notAfter": "2026-12-17T09:30:00.000Z"
           *         }
           *       ],
           *       "failures": [
           *         {
           *           "orderId": "8c1f4d7e-2b3a-4c5d-8e9f-0a1b2c3d4e5f",
           *           "deviceId": "0199f1c2-7a53-4d8e-9a53-3f1f0d3c2b1a",
           *           "name": "k2v7q4m3xw5t.d.example.com",
           *           "reason": "It waits for the limit of certificates a registered domain (example.com).",
           *           "at": "2026-11-02T09:30:00.000Z"
           *         }
           *       ],
           *       "queue": {
           *         "queued": 52,
           *         "issuing": 10,
           *         "deferred": 12,
           *         "reasons": [
           *           {
           *             "reason": "It waits for the limit of certificates a registered domain (example.com).",
           *             "orders": 52
           *           }
           *         ]
           *       },
           *       "buckets": [
           *         {
           *           "ca": "letsencrypt",
           *           "limit": "certificates-per-domain",
           *           "subject": "example.com",
           *           "title": "certificates of a registered domain",
           *           "capacity": 50,
           *           "level": 42,
           *           "reserved": 2,
           *           "refillSeconds": 12096,
           *           "secondsUntilFull": 96768
           *         }
           *       ],
           *       "zones": [
           *         {
           *           "zone": "d.example.com",
           *           "serial": 4711
           *         }
           *       ]
           *     }
           */
          'application/json': components['schemas']['FleetSummary'];
        };
      };
      401: components['responses']['unauthorized'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  fleetForecast: {
    parameters: {
      query?: {
        /** @description So many devices more than there are */
        devices?: number;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description When a rollout of more devices would end, what binds, and what would help */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "devices": 5000,
           *       "established": 20364,
           *       "waiting": 52,
           *       "lifetimeSeconds": 3888000,
           *       "rollout": {
           *         "endsAt": "2027-01-14T08:00:00.000Z",
           *         "binds": {
           *           "limit": "certificates-per-domain",
           *           "subject": "example.com"
           *         }
           *       },
           *       "options": [
           *         {
           *           "kind": "override",
           *           "what": "An override of the limit of certificates a registered domain, to 1,000 in 7 days",
           *           "endsAt": "2026-12-05T08:00:00.000Z"
           *         }
           *       ],
           *       "renewalsPerDay": 678.9,
           *       "steady": [
           *         {
           *           "limitName": "new-orders",
           *           "subject": "example.com",
           *           "usedPerDay": 4.35,
           *           "allowedPerDay": 7.13,
           *           "part": 0.61
           *         }
           *       ],
           *       "replaceAllSeconds": 40834
           *     }
           */
          'application/json': components['schemas']['FleetForecast'];
        };
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  limitsShow: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The levels of the CA's limits, as far as they are known here */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "ca": "letsencrypt",
           *           "limit": "certificates-per-domain",
           *           "subject": "example.com",
           *           "title": "certificates of a registered domain",
           *           "capacity": 50,
           *           "level": 42,
           *           "reserved": 2,
           *           "refillSeconds": 12096,
           *           "secondsUntilFull": 96768
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['BucketLevel'][];
            nextCursor: null;
          };
        };
      };
      401: components['responses']['unauthorized'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  limitsPrime: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "limit": "certificates-per-domain",
         *       "subject": "example.com",
         *       "remaining": 12
         *     }
         */
        'application/json': components['schemas']['PrimedLimitDto'];
      };
    };
    responses: {
      /** @description Set how many are left of a limit, by what the CA knows better */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "ca": "letsencrypt",
           *       "limit": "certificates-per-domain",
           *       "subject": "example.com",
           *       "title": "certificates of a registered domain",
           *       "capacity": 50,
           *       "level": 42,
           *       "reserved": 2,
           *       "refillSeconds": 12096,
           *       "secondsUntilFull": 96768
           *     }
           */
          'application/json': components['schemas']['BucketLevel'];
        };
      };
      400: components['responses']['invalid_request.malformed_json'];
      401: components['responses']['unauthorized'];
      403: components['responses']['forbidden'];
      413: components['responses']['payload_too_large'];
      415: components['responses']['unsupported_media_type'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  limitsResume: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "ca": "letsencrypt",
         *       "name": "k2v7q4m3xw5t.d.example.com"
         *     }
         */
        'application/json': components['schemas']['ResumedCaDto'];
      };
    };
    responses: {
      /** @description Say that a pause is over at the CA: what it had paused is tried again */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "resumed": 1
           *     }
           */
          'application/json': {
            resumed: number;
          };
        };
      };
      400: components['responses']['invalid_request.malformed_json'];
      401: components['responses']['unauthorized'];
      403: components['responses']['forbidden'];
      413: components['responses']['payload_too_large'];
      415: components['responses']['unsupported_media_type'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  ordersList: {
    parameters: {
      query?: {
        /** @description So many at most */
        limit?: number;
        /** @description nextCursor of the page before */
        cursor?: string;
        /** @description One or several, separated by commas. Default: queued, issuing and deferred ones */
        status?: ('queued' | 'issuing' | 'deferred' | 'issued' | 'failed')[];
        /** @description A reasonCode, such as `limit` or `validation_failed` */
        reason?: string;
        /** @description A device's id */
        device?: string;
        /** @description The group of the orders' devices */
        group?: string;
        /** @description Orders from this time on */
        since?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The queue and its reasons, oldest first */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "orderId": "8c1f4d7e-2b3a-4c5d-8e9f-0a1b2c3d4e5f",
           *           "deviceId": "0199f1c2-7a53-4d8e-9a53-3f1f0d3c2b1a",
           *           "name": "k2v7q4m3xw5t.d.example.com",
           *           "group": "rack-1",
           *           "names": [
           *             "k2v7q4m3xw5t.d.example.com"
           *           ],
           *           "status": "deferred",
           *           "reasonCode": "limit",
           *           "reason": "It waits for the limit of certificates a registered domain (example.com).",
           *           "estimatedAt": "2026-11-02T09:32:00.000Z",
           *           "nextAttemptAt": "2026-11-02T09:35:00.000Z",
           *           "failures": 0,
           *           "manual": false,
           *           "queuedAt": "2026-11-02T09:30:00.000Z",
           *           "createdAt": "2026-11-02T09:30:00.000Z",
           *           "requestId": "b1946ac9-2492-4d23-9d49-4f9c1f2a3b5c"
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': components['schemas']['OrderItemPage'];
        };
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  inventoryExportsExportOrders: {
    parameters: {
      query?: {
        /** @description One or several, separated by commas. Default: queued, issuing and deferred ones */
        status?: ('queued' | 'issuing' | 'deferred' | 'issued' | 'failed')[];
        /** @description A reasonCode, such as `limit` or `validation_failed` */
        reason?: string;
        /** @description A device's id */
        device?: string;
        /** @description The group of the orders' devices */
        group?: string;
        /** @description Orders from this time on */
        since?: string;
        /** @description `ndjson`: the items of the list, a line each */
        format?: 'csv' | 'ndjson';
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description All orders that the filters match, ended ones too, as CSV or NDJSON */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example deviceId,name
           *     0199f1c2-7a53-4d8e-9a53-3f1f0d3c2b1a,k2v7q4m3xw5t.d.example.com
           */
          'text/csv': string;
          /** @example {"deviceId":"0199f1c2-7a53-4d8e-9a53-3f1f0d3c2b1a","name":"k2v7q4m3xw5t.d.example.com"} */
          'application/x-ndjson': string;
        };
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  ordersShow: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Its identifier, as the list tells it */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description One order */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "orderId": "8c1f4d7e-2b3a-4c5d-8e9f-0a1b2c3d4e5f",
           *       "deviceId": "0199f1c2-7a53-4d8e-9a53-3f1f0d3c2b1a",
           *       "name": "k2v7q4m3xw5t.d.example.com",
           *       "group": "rack-1",
           *       "names": [
           *         "k2v7q4m3xw5t.d.example.com"
           *       ],
           *       "status": "deferred",
           *       "reasonCode": "limit",
           *       "reason": "It waits for the limit of certificates a registered domain (example.com).",
           *       "estimatedAt": "2026-11-02T09:32:00.000Z",
           *       "nextAttemptAt": "2026-11-02T09:35:00.000Z",
           *       "failures": 0,
           *       "manual": false,
           *       "queuedAt": "2026-11-02T09:30:00.000Z",
           *       "createdAt": "2026-11-02T09:30:00.000Z",
           *       "requestId": "b1946ac9-2492-4d23-9d49-4f9c1f2a3b5c"
           *     }
           */
          'application/json': components['schemas']['OrderItem'];
        };
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      404: components['responses']['not_found'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  ordersRetry: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Its identifier, as the list tells it */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Try an order again now: one that waits, or one that failed */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "orderId": "8c1f4d7e-2b3a-4c5d-8e9f-0a1b2c3d4e5f",
           *       "deviceId": "0199f1c2-7a53-4d8e-9a53-3f1f0d3c2b1a",
           *       "name": "k2v7q4m3xw5t.d.example.com",
           *       "group": "rack-1",
           *       "names": [
           *         "k2v7q4m3xw5t.d.example.com"
           *       ],
           *       "status": "deferred",
           *       "reasonCode": "limit",
           *       "reason": "It waits for the limit of certificates a registered domain (example.com).",
           *       "estimatedAt": "2026-11-02T09:32:00.000Z",
           *       "nextAttemptAt": "2026-11-02T09:35:00.000Z",
           *       "failures": 0,
           *       "manual": false,
           *       "queuedAt": "2026-11-02T09:30:00.000Z",
           *       "createdAt": "2026-11-02T09:30:00.000Z",
           *       "requestId": "b1946ac9-2492-4d23-9d49-4f9c1f2a3b5c"
           *     }
           */
          'application/json': components['schemas']['OrderItem'];
        };
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      403: components['responses']['forbidden'];
      404: components['responses']['not_found'];
      409: components['responses']['order_not_retryable'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  webhooksList: {
    parameters: {
      query?: {
        /** @description So many at most */
        limit?: number;
        /** @description nextCursor of the page before */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Webhooks, without their secrets */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "id": "3b9d2f60-6f5b-4d0a-9c87-5a1e8f2b7d44",
           *           "url": "https://hooks.example.com/fleetcert",
           *           "events": [
           *             "certificate.issued"
           *           ],
           *           "includeChain": false,
           *           "createdAt": "2026-11-02T09:30:00.000Z",
           *           "pending": 0,
           *           "dead": 0
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': components['schemas']['ListedWebhookPage'];
        };
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      403: components['responses']['forbidden'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  webhooksCreate: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "url": "https://hooks.example.com/fleetcert",
         *       "events": [
         *         "certificate.issued"
         *       ],
         *       "includeChain": false
         *     }
         */
        'application/json': components['schemas']['NewWebhookDto'];
      };
    };
    responses: {
      /** @description Have events sent to a URL; the secret that signs them is shown this once */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "3b9d2f60-6f5b-4d0a-9c87-5a1e8f2b7d44",
           *       "secret": "…"
           *     }
           */
          'application/json': {
            id: string;
            secret: string;
          };
        };
      };
      400: components['responses']['invalid_request.malformed_json'];
      401: components['responses']['unauthorized'];
      403: components['responses']['forbidden'];
      409: components['responses']['conflict'];
      413: components['responses']['payload_too_large'];
      415: components['responses']['unsupported_media_type'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  webhooksDelete: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Its identifier, as the list tells it */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Done */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      403: components['responses']['forbidden'];
      404: components['responses']['not_found'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  webhooksDeliveries: {
    parameters: {
      query?: {
        /** @description So many at most */
        limit?: number;
        /** @description nextCursor of the page before */
        cursor?: string;
        /** @description Only those in this state */
        state?: 'pending' | 'delivered' | 'dead';
      };
      header?: never;
      path: {
        /** @description Its identifier, as the list tells it */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description What was sent, what waits, and what was given up, newest first */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "id": "3b9d2f60-6f5b-4d0a-9c87-5a1e8f2b7d44",
           *           "eventId": "1042",
           *           "type": "certificate.issued",
           *           "state": "delivered",
           *           "attempts": 1,
           *           "nextAttemptAt": "2026-11-02T09:35:00.000Z",
           *           "lastStatus": 204,
           *           "lastError": null,
           *           "createdAt": "2026-11-02T09:30:00.000Z",
           *           "endedAt": null
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': components['schemas']['ListedDeliveryPage'];
        };
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      403: components['responses']['forbidden'];
      404: components['responses']['not_found'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  webhooksRetry: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Its identifier, as the list tells it */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Try once more what was given up */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "retried": 3
           *     }
           */
          'application/json': {
            retried: number;
          };
        };
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      403: components['responses']['forbidden'];
      404: components['responses']['not_found'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  zonesList: {
    parameters: {
      query?: {
        /** @description So many at most */
        limit?: number;
        /** @description nextCursor of the page before */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The zones that are served, with serials */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "zone": "d.example.com",
           *           "serial": 4711,
           *           "committedSerial": 4711,
           *           "names": 20417,
           *           "nameServers": [
           *             "ns1.d.example.com"
           *           ]
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': components['schemas']['ZoneItemPage'];
        };
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  zonesListRecords: {
    parameters: {
      query?: {
        /** @description So many at most */
        limit?: number;
        /** @description nextCursor of the page before */
        cursor?: string;
      };
      header?: never;
      path: {
        /**
         * @description A zone that is served
         * @example d.example.com
         */
        zone: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The fixed records of a zone */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "name": "www",
           *           "type": "A",
           *           "ttl": 3600,
           *           "values": [
           *             "192.0.2.7"
           *           ]
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': components['schemas']['FixedRecordsPage'];
        };
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      404: components['responses']['unknown_zone'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  zonesPutRecords: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description A zone that is served
         * @example d.example.com
         */
        zone: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "name": "www",
         *       "type": "A",
         *       "ttl": 3600,
         *       "values": [
         *         "192.0.2.7"
         *       ]
         *     }
         */
        'application/json': components['schemas']['RecordsDto'];
      };
    };
    responses: {
      /** @description Replace one RRset of fixed records; DNS serves it when this answers */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "name": "www",
           *       "type": "A",
           *       "ttl": 3600,
           *       "values": [
           *         "192.0.2.7"
           *       ]
           *     }
           */
          'application/json': components['schemas']['FixedRecords'];
        };
      };
      400: components['responses']['invalid_request.malformed_json'];
      401: components['responses']['unauthorized'];
      403: components['responses']['forbidden'];
      404: components['responses']['unknown_zone'];
      413: components['responses']['payload_too_large'];
      415: components['responses']['unsupported_media_type'];
      422: components['responses']['record_rejected'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  zonesDeleteRecords: {
    parameters: {
      query: {
        /** @description Relative to the apex; @ is the apex */
        name: string;
        /** @description The type of the records, such as A or TXT */
        type: string;
      };
      header?: never;
      path: {
        /**
         * @description A zone that is served
         * @example d.example.com
         */
        zone: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Done */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      403: components['responses']['forbidden'];
      404: components['responses']['not_found.unknown_zone'];
      422: components['responses']['record_rejected'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  zonesListSecondaries: {
    parameters: {
      query?: {
        /** @description So many at most */
        limit?: number;
        /** @description nextCursor of the page before */
        cursor?: string;
      };
      header?: never;
      path: {
        /**
         * @description A zone that is served
         * @example d.example.com
         */
        zone: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The secondaries of a zone, each with the serial it serves now */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "id": "3b9d2f60-6f5b-4d0a-9c87-5a1e8f2b7d44",
           *           "address": "192.0.2.54",
           *           "port": 53,
           *           "tsigKey": "ns2.example.com",
           *           "createdAt": "2026-11-02T09:30:00.000Z",
           *           "serial": 4711
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': components['schemas']['ListedSecondaryPage'];
        };
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      404: components['responses']['unknown_zone'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  zonesCreateSecondary: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description A zone that is served
         * @example d.example.com
         */
        zone: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "address": "192.0.2.54",
         *       "port": 53,
         *       "tsigKey": "ns2.example.com"
         *     }
         */
        'application/json': components['schemas']['NewSecondaryDto'];
      };
    };
    responses: {
      /** @description Let a server transfer the zone, and send it NOTIFY */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "3b9d2f60-6f5b-4d0a-9c87-5a1e8f2b7d44"
           *     }
           */
          'application/json': {
            id: string;
          };
        };
      };
      400: components['responses']['invalid_request.malformed_json'];
      401: components['responses']['unauthorized'];
      403: components['responses']['forbidden'];
      404: components['responses']['not_found.unknown_zone'];
      409: components['responses']['conflict'];
      413: components['responses']['payload_too_large'];
      415: components['responses']['unsupported_media_type'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  zonesDeleteSecondary: {
    parameters: {
      query: {
        /** @description Its identifier, as the list tells it */
        id: string;
      };
      header?: never;
      path: {
        /**
         * @description A zone that is served
         * @example d.example.com
         */
        zone: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Done */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      403: components['responses']['forbidden'];
      404: components['responses']['not_found.unknown_zone'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  zonesDeleteSecondaryByPath: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description A zone that is served
         * @example d.example.com
         */
        zone: string;
        /** @description Its identifier, as the list tells it */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Done */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      401: components['responses']['unauthorized'];
      403: components['responses']['forbidden'];
      404: components['responses']['not_found.unknown_zone'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  zonesListTsigKeys: {
    parameters: {
      query?: {
        /** @description So many at most */
        limit?: number;
        /** @description nextCursor of the page before */
        cursor?: string;
      };
      header?: never;
      path: {
        /**
         * @description A zone that is served
         * @example d.example.com
         */
        zone: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The transfer keys of a zone, without their secrets */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "name": "ns2.example.com",
           *           "algorithm": "hmac-sha256",
           *           "use": "transfer",
           *           "createdAt": "2026-11-02T09:30:00.000Z"
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': components['schemas']['ListedTsigKeyPage'];
        };
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      404: components['responses']['unknown_zone'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  zonesCreateTsigKey: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description A zone that is served
         * @example d.example.com
         */
        zone: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "name": "ns2.example.com",
         *       "algorithm": "hmac-sha256",
         *       "use": "transfer"
         *     }
         */
        'application/json': components['schemas']['NewTsigKeyDto'];
      };
    };
    responses: {
      /** @description Make a transfer key; the secret is shown this once */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "name": "ns2.example.com",
           *       "algorithm": "hmac-sha256",
           *       "secret": "…"
           *     }
           */
          'application/json': components['schemas']['CreatedTsigKey'];
        };
      };
      400: components['responses']['invalid_request.malformed_json'];
      401: components['responses']['unauthorized'];
      403: components['responses']['forbidden'];
      404: components['responses']['unknown_zone'];
      409: components['responses']['conflict'];
      413: components['responses']['payload_too_large'];
      415: components['responses']['unsupported_media_type'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  zonesDeleteTsigKey: {
    parameters: {
      query: {
        /** @description Its name, as the list tells it */
        name: string;
      };
      header?: never;
      path: {
        /**
         * @description A zone that is served
         * @example d.example.com
         */
        zone: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Done */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['invalid_request'];
      401: components['responses']['unauthorized'];
      403: components['responses']['forbidden'];
      404: components['responses']['not_found.unknown_zone'];
      409: components['responses']['conflict'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
  zonesDeleteTsigKeyByPath: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description A zone that is served
         * @example d.example.com
         */
        zone: string;
        /**
         * @description The name of the key
         * @example ns2.example.com
         */
        name: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Done */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      401: components['responses']['unauthorized'];
      403: components['responses']['forbidden'];
      404: components['responses']['not_found.unknown_zone'];
      409: components['responses']['conflict'];
      500: components['responses']['internal'];
      503: components['responses']['unavailable'];
    };
  };
}
