import { dirname } from 'node:path';

import ts from 'typescript';

import { componentRef, type Schema } from './schema.js';

/**
 * What the calls answer, read from the types that the controllers' methods return: the description cannot tell anything
 * else than the code. Interfaces, classes and aliases become components by their names; comments become descriptions.
 */
export class AnswerSchemas {
  readonly components = new Map<string, Schema>();
  readonly #program: ts.Program;
  readonly #checker: ts.TypeChecker;
  readonly #controllers = new Map<string, ts.ClassDeclaration>();
  /** The type that took a component's name. */
  readonly #owners = new Map<string, ts.Symbol>();

  constructor(configFile: string) {
    const { config } = ts.readConfigFile(configFile, (path) => ts.sys.readFile(path)) as { config: unknown };
    const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, dirname(configFile));
    this.#program = ts.createProgram(fileNames, { ...options, noEmit: true });
    this.#checker = this.#program.getTypeChecker();
    for (const file of this.#program.getSourceFiles()) {
      if (file.fileName.endsWith('.controller.ts')) ts.forEachChild(file, (node) => this.#noteController(node));
    }
  }

  /**
   * @returns undefined when the method answers nothing, or writes the answer itself
   * @throws Error for a type that JSON cannot carry
   */
  ofMethod(className: string, methodName: string): Schema | undefined {
    const declaration = this.#controllers
      .get(className)
      ?.members.find((member) => ts.isMethodDeclaration(member) && member.name.getText() === methodName);
    if (!declaration || !ts.isMethodDeclaration(declaration)) {
      throw new Error(`${className}.${methodName} was not found among the controllers`);
    }
    const signature = this.#checker.getSignatureFromDeclaration(declaration)!;
    const answer = this.#checker.getAwaitedType(signature.getReturnType()) ?? signature.getReturnType();
    const isNothing = (answer.flags & (ts.TypeFlags.Void | ts.TypeFlags.Undefined)) !== 0;
    return isNothing ? undefined : this.#schemaOf(answer, `${className}.${methodName}`);
  }

  #noteController(node: ts.Node): void {
    if (!ts.isClassDeclaration(node) || !node.name || !node.name.text.endsWith('Controller')) return;
    if (this.#controllers.has(node.name.text)) throw new Error(`there are two classes ${node.name.text}`);
    this.#controllers.set(node.name.text, node);
  }

  #schemaOf(type: ts.Type, where: string): Schema {
    const { flags } = type;
    if (flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return {};
    if (type.isUnion()) return this.#ofUnion(type, where);
    if (type.isStringLiteral()) return { type: 'string', enum: [type.value] };
    if (type.isNumberLiteral()) return { type: 'number', enum: [type.value] };
    if (flags & ts.TypeFlags.BooleanLiteral)
      return { type: 'boolean', enum: [this.#checker.typeToString(type) === 'true'] };
    if (flags & ts.TypeFlags.BooleanLike) return { type: 'boolean' };
    if (flags & ts.TypeFlags.StringLike) return { type: 'string' };
    if (flags & ts.TypeFlags.NumberLike) return { type: 'number' };
    if (flags & ts.TypeFlags.Null) return { type: 'null' };
    if (!(flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection))) {
      throw new Error(`${where}: ${this.#checker.typeToString(type)} cannot be described`);
    }
    if (type.symbol?.name === 'Date' && this.#isOfLibrary(type.symbol)) return { type: 'string', format: 'date-time' };
    if (this.#checker.isArrayType(type)) {
      const [item] = this.#checker.getTypeArguments(type as ts.TypeReference);
      return { type: 'array', items: this.#schemaOf(item!, `${where}[]`) };
    }
    const named = this.#nameOf(type);
    return named ? this.#component(named, type) : this.#ofObject(type, where);
  }

  #ofUnion(type: ts.UnionType, where: string): Schema {
    const parts = type.types.filter((part) => !(part.flags & ts.TypeFlags.Undefined));
    const isNullable = parts.some((part) => part.flags & ts.TypeFlags.Null);
    const others = parts.filter((part) => !(part.flags & ts.TypeFlags.Null));
    return isNullable ? orNull(this.#ofAlternatives(others, where)) : this.#ofAlternatives(others, where);
  }

  #ofAlternatives(types: readonly ts.Type[], where: string): Schema {
    if (types.length > 1 && types.every((type) => type.flags & ts.TypeFlags.BooleanLike)) return { type: 'boolean' };
    if (types.every((type) => type.isStringLiteral())) return { type: 'string', enum: types.map(({ value }) => value) };
    if (types.length === 1) return this.#schemaOf(types[0]!, where);
    const distinct = new Map(types.map((type) => this.#schemaOf(type, where)).map((one) => [JSON.stringify(one), one]));
    return distinct.size === 1 ? [...distinct.values()][0]! : { anyOf: [...distinct.values()] };
  }

  #component({ name, symbol }: NamedType, type: ts.Type): Schema {
    const owner = this.#owners.get(name);
    if (owner && owner !== symbol) throw new Error(`two types of answers are called ${name}: rename one of them`);
    if (!owner) {
      this.#owners.set(name, symbol);
      const description = this.#commentOf(symbol);
      const schema = this.#ofObject(type, name);
      this.components.set(name, description ? { description, ...schema } : schema);
    }
    return componentRef(name);
  }

  #ofObject(type: ts.Type, where: string): Schema {
    const properties: Record<string, Schema> = {};
    const required: string[] = [];
    for (const property of this.#checker.getPropertiesOfType(type)) {
      const path = `${where}.${property.name}`;
      const schema = this.#schemaOf(this.#checker.getTypeOfSymbol(property), path);
      const description = this.#commentOf(property);
      properties[property.name] = description ? { ...schema, description } : schema;
      if (!(property.flags & ts.SymbolFlags.Optional)) required.push(property.name);
    }
    const [index] = this.#checker.getIndexInfosOfType(type);
    return {
      type: 'object',
      ...(Object.keys(properties).length > 0 && { properties }),
      ...(required.length > 0 && { required }),
      ...(index && { additionalProperties: this.#schemaOf(index.type, `${where}[…]`) }),
    };
  }

  /** `Page<DeviceItem>` is called DeviceItemPage; what the language's library makes (`Readonly<…>`) has no name. */
  #nameOf(type: ts.Type): NamedType | undefined {
    const { aliasSymbol } = type;
    const symbol = aliasSymbol && !this.#isOfLibrary(aliasSymbol) ? aliasSymbol : type.symbol;
    const isNamed =
      symbol && symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.Class | ts.SymbolFlags.TypeAlias);
    if (!isNamed || this.#isOfLibrary(symbol)) return undefined;
    const given = symbol === aliasSymbol ? type.aliasTypeArguments : this.#argumentsOf(type);
    const names = (given ?? []).map((argument) => this.#nameOf(argument)?.name);
    // Without a name for what it is made of, it is told where it stands.
    if (names.includes(undefined)) return undefined;
    return { name: [...names, symbol.name].join(''), symbol: names.length > 0 ? given![0]!.symbol : symbol };
  }

  #argumentsOf(type: ts.Type): readonly ts.Type[] {
    const isReference = ((type as ts.ObjectType).objectFlags ?? 0) & ts.ObjectFlags.Reference;
    if (!isReference) return [];
    const { target } = type as ts.TypeReference;
    return this.#checker.getTypeArguments(type as ts.TypeReference).slice(0, target.typeParameters?.length ?? 0);
  }

  #isOfLibrary(symbol: ts.Symbol): boolean {
    return (symbol.declarations ?? []).some((one) => this.#program.isSourceFileDefaultLibrary(one.getSourceFile()));
  }

  #commentOf(symbol: ts.Symbol): string {
    return ts.displayPartsToString(symbol.getDocumentationComment(this.#checker)).trim();
  }
}

interface NamedType {
  readonly name: string;
  /** Tells two types of the same name apart. */
  readonly symbol: ts.Symbol;
}

function orNull(schema: Schema): Schema {
  if (typeof schema.type !== 'string') return { anyOf: [schema, { type: 'null' }] };
  return { ...schema, type: [schema.type, 'null'], ...(schema.enum && { enum: [...schema.enum, null] }) };
}
