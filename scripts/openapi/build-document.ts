import 'reflect-metadata';

import { join } from 'node:path';

import type { Type } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { ModulesContainer, NestFactory } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';

import { AppModule } from '../../src/app.module.js';
import { SUSPENDED_ALLOWED } from '../../src/devices/auth/device.guard.js';
import type { ErrorCode } from '../../src/kernel/errors.js';
import { readConfig } from '../../src/platform/config/read-config.js';
import { NoFieldsPipe } from '../../src/platform/http/no-fields.pipe.js';
import { PATH_UUID } from '../../src/platform/http/path-uuid.js';
import { PROBLEMS } from '../../src/platform/http/problems.js';
import { PROJECT_ROOT } from '../../src/platform/project-root.js';
import { AnswerSchemas } from './answer-schemas.js';
import { exampleOf } from './examples.js';
import { ProblemAnswers } from './problem-answers.js';
import type { Schema } from './schema.js';
import { DESCRIPTION, FIELDS, PATH_PARAMETERS, SECURITY_SCHEMES, TAGS, TEXT_EXAMPLES } from './texts.js';

const JSON_TYPE = 'application/json';
const OF_BODIES: readonly ErrorCode[] = [
  'invalid_request',
  'malformed_json',
  'payload_too_large',
  'unsupported_media_type',
];
/** Where `@ApiProduces` keeps its types; the package does not export its name. */
const API_PRODUCES = 'swagger/apiProduces';
const METHODS = ['get', 'put', 'post', 'patch', 'delete'] as const;

interface Answer {
  description?: string;
  content?: Record<string, { schema?: Schema; example?: unknown; examples?: unknown }>;
}

interface Parameter {
  name: string;
  in: string;
  description?: string;
  schema?: Schema;
  example?: unknown;
}

interface Operation {
  operationId: string;
  summary?: string;
  description?: string;
  parameters?: Parameter[];
  requestBody?: Answer;
  responses: Record<string, Answer>;
  security?: Record<string, string[]>[];
  tags?: string[];
}

interface Document {
  openapi: string;
  info: object;
  servers: object[];
  paths: Record<string, Partial<Record<(typeof METHODS)[number], Operation>>>;
  components: { schemas: Record<string, Schema>; [part: string]: object };
}

/**
 * The description of the API (OpenAPI 3.1): paths, parameters and bodies from the controllers' decorators, answers from
 * their types, refusals from `@Problems` and from what follows from a call's kind. No server is started.
 */
export async function buildDocument(): Promise<object> {
  const config = readConfig({}, PROJECT_ROOT);
  const app = await NestFactory.create(AppModule.forConfig(config), {
    preview: true,
    logger: false,
    abortOnError: false,
  });
  const controllers = new Map<string, Type>();
  for (const { controllers: wrappers } of app.get(ModulesContainer).values()) {
    for (const { metatype } of wrappers.values()) if (metatype) controllers.set(metatype.name, metatype as Type);
  }
  const frame = new DocumentBuilder().setOpenAPIVersion('3.1.0').setTitle('fleetcert').setVersion('1');
  frame
    .setDescription(DESCRIPTION)
    .addServer('/')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0');
  const document = SwaggerModule.createDocument(app, frame.build(), {
    operationIdFactory: (className, methodName) => `${className}.${methodName}`,
  }) as unknown as Document;
  await app.close();

  const answers = new AnswerSchemas(join(PROJECT_ROOT, 'tsconfig.build.json'));
  const problems = new ProblemAnswers();
  for (const operation of operationsOf(document)) {
    const [className, methodName] = operation.operationId.split('.') as [string, string];
    const controller = controllers.get(className)!;
    complete(operation, controller, methodName, answers.ofMethod(className, methodName));
    Object.assign(operation.responses, problems.of(refusalsOf(operation, controller, methodName)));
  }
  const bodies = Object.entries(document.components.schemas).map(([name, schema]): [string, Schema] => [
    name,
    name.endsWith('Dto') ? withFieldTexts(schema) : schema,
  ]);
  const schemas = new Map([...answers.components, ...bodies]);
  for (const operation of operationsOf(document)) addExamples(operation, schemas);
  const { openapi, info, servers, paths } = document;
  const shared = problems.components();
  return {
    openapi,
    info,
    servers,
    tags: TAGS,
    paths: byName(inReadingOrder(paths)),
    components: {
      securitySchemes: SECURITY_SCHEMES,
      ...shared,
      schemas: byName({ ...shared.schemas, ...Object.fromEntries(schemas) }),
    },
  };
}

/** What a call is first, then what goes in, then what comes out. */
function inReadingOrder(paths: Document['paths']): Document['paths'] {
  const ordered = ({
    operationId,
    tags,
    summary,
    description,
    security,
    parameters,
    requestBody,
    ...rest
  }: Operation): Operation =>
    Object.fromEntries(
      Object.entries({ operationId, tags, summary, description, security, parameters, requestBody, ...rest }).filter(
        ([, part]) => part !== undefined,
      ),
    ) as unknown as Operation;
  return Object.fromEntries(
    Object.entries(paths).map(([path, item]) => [
      path,
      Object.fromEntries(METHODS.flatMap((method) => (item[method] ? [[method, ordered(item[method])]] : []))),
    ]),
  );
}

/** Where the modules are imported first shall make no difference. */
function byName<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function operationsOf({ paths }: Document): Operation[] {
  return Object.values(paths).flatMap((path) => METHODS.flatMap((method) => path[method] ?? []));
}

/** What the decorators do not tell of a call. */
function complete(operation: Operation, controller: Type, methodName: string, answer: Schema | undefined): void {
  operation.operationId = operationIdOf(controller.name, methodName);
  const [role, ...others] = (operation.security ?? []).map((one) => one['operatorToken']?.[0]);
  // Also in words: pages that show the description leave the roles of a scheme out.
  if (role && others.length === 0)
    operation.description = [operation.description, `Needs the role \`${role}\`.`].filter(Boolean).join(' ');
  for (const parameter of operation.parameters ?? []) completeParameter(parameter, controller, methodName);
  if (!operation.parameters?.length) delete operation.parameters;
  for (const [status, response] of Object.entries(operation.responses)) {
    response.description ||= status === '204' ? 'Done' : (operation.summary ?? 'Done');
    const isEmpty = status === '204' || status === '304' || Number(status) >= 400;
    if (!isEmpty) response.content ??= contentOf(answer, producedTypes(controller, methodName));
  }
}

/** Answers that are not JSON are texts of the types that `@ApiProduces` names. */
function contentOf(answer: Schema | undefined, types: readonly string[]): Answer['content'] {
  if (types.length > 0) {
    return Object.fromEntries(
      types.map((type) => [type, { schema: { type: 'string' }, example: TEXT_EXAMPLES[type] ?? 'text' }]),
    );
  }
  return answer && { [JSON_TYPE]: { schema: answer } };
}

function producedTypes(controller: Type, methodName: string): readonly string[] {
  const handler = (controller.prototype as Record<string, object>)[methodName]!;
  return (Reflect.getMetadata(API_PRODUCES, handler) as string[] | undefined) ?? [];
}

/** `OperatorAccessController.list` is called operatorAccessList. */
function operationIdOf(className: string, methodName: string): string {
  const name = className.replace(/Controller$/, '');
  const subject = name[0]!.toLowerCase() + name.slice(1);
  return subject === methodName ? subject : subject + methodName[0]!.toUpperCase() + methodName.slice(1);
}

function completeParameter(parameter: Parameter, controller: Type, methodName: string): void {
  if (parameter.in !== 'path') {
    parameter.description ??= FIELDS[parameter.name];
    return;
  }
  const text = PATH_PARAMETERS[parameter.name];
  parameter.description ??= text?.description;
  parameter.example ??= text?.example;
  if (uuidParameters(controller, methodName).has(parameter.name)) {
    parameter.schema = { ...parameter.schema, format: 'uuid' };
  }
}

/** Fields of bodies whose decorators do not say what they are. */
function withFieldTexts(schema: Schema): Schema {
  const fields = Object.entries(schema.properties ?? {}).map(([name, field]): [string, Schema] => [
    name,
    field.description === undefined && FIELDS[name] !== undefined ? { ...field, description: FIELDS[name] } : field,
  ]);
  return { ...schema, properties: Object.fromEntries(fields) };
}

function uuidParameters(controller: Type, methodName: string): Set<unknown> {
  const parameters = routeArguments(controller, methodName);
  return new Set(parameters.filter(({ pipes }) => pipes.includes(PATH_UUID)).map(({ data }) => data));
}

/** What Nest knows of a handler's parameters. */
function routeArguments(controller: Type, methodName: string): { data?: unknown; pipes: unknown[] }[] {
  const metadata = Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, methodName) as
    Record<string, { data?: unknown; pipes: unknown[] }> | undefined;
  return Object.values(metadata ?? {});
}

/** Those that its decorator names, and those that a call has because of what it is. */
function refusalsOf(operation: Operation, controller: Type, methodName: string): ErrorCode[] {
  const handler = (controller.prototype as Record<string, object>)[methodName]!;
  const named = [handler, controller].map((one) => Reflect.getMetadata(PROBLEMS, one) as ErrorCode[] | undefined);
  const codes = named.flatMap((one) => one ?? []);
  const schemes = (operation.security ?? []).flatMap((one) => Object.entries(one));
  if (schemes.length > 0) codes.push('unauthorized');
  for (const [scheme, roles] of schemes) {
    if (scheme === 'operatorToken' && !roles.includes('viewer')) codes.push('forbidden');
    const isOpen = [handler, controller].some((one) => Reflect.getMetadata(SUSPENDED_ALLOWED, one) === true);
    if (scheme === 'deviceToken' && !isOpen) codes.push('device_suspended');
  }
  const hasQuery = operation.parameters?.some((parameter) => parameter.in === 'query') ?? false;
  if (hasQuery || uuidParameters(controller, methodName).size > 0) codes.push('invalid_request');
  // A call that takes no fields reads what is sent all the same.
  const takesNone = routeArguments(controller, methodName).some(({ pipes }) => pipes.includes(NoFieldsPipe));
  if (operation.requestBody || takesNone) codes.push(...OF_BODIES);
  // Every call but those that answer a file reads the database.
  if (schemes.length > 0 || operation.requestBody) codes.push('unavailable');
  return codes;
}

/** Every body and every answer in JSON gets one, unless a decorator has given it. */
function addExamples(operation: Operation, schemas: ReadonlyMap<string, Schema>): void {
  for (const part of [operation.requestBody, ...Object.values(operation.responses)]) {
    const media = part?.content?.[JSON_TYPE];
    if (!media?.schema || media.example !== undefined || media.examples !== undefined) continue;
    media.example = exampleOf(media.schema, schemas);
  }
}
