/** What the Dockerfile may do: rules over its text, each returning what it found wrong. Nothing is built. */

import { type Copy, DockerfileParser, type From, type Instruction } from 'dockerfile-ast';

export interface Stage {
  readonly from: From;
  readonly instructions: readonly Instruction[];
}

/** The stages in order; each holds the instructions after its FROM. */
export function stagesOf(text: string): Stage[] {
  const stages: { from: From; instructions: Instruction[] }[] = [];
  const file = DockerfileParser.parse(text);
  const froms = file.getFROMs();
  for (const instruction of file.getInstructions()) {
    const from = froms.find((f) => f.getRange().start.line === instruction.getRange().start.line);
    if (from !== undefined) stages.push({ from, instructions: [] });
    else stages.at(-1)?.instructions.push(instruction);
  }
  return stages;
}

/** Compilers and development packages stay behind in a stage of their own. */
export function oneStage(text: string): string[] {
  const stages = stagesOf(text);
  const last = stages.at(-1)?.from;
  if (stages.length < 2) return ['one stage: the build would be shipped'];
  return last?.getImage() === stages[0]?.from.getImage() ? ['the last stage is the build image'] : [];
}

/** An image is pinned to a major version by its tag, or by the version in its name and a tag other than latest. */
export function looseImages(text: string): string[] {
  const stages = stagesOf(text);
  const own = new Set(stages.map(({ from }) => from.getBuildStage()));
  return stages.flatMap(({ from }) => {
    const image = from.getImage() ?? '';
    if (own.has(image)) return [];
    const tag = from.getImageTag();
    const pinned = tag !== null && tag !== 'latest' && /\d/.test(`${from.getImageName()}:${tag}`);
    return pinned ? [] : [`FROM ${image}: not pinned to a major version`];
  });
}

/** What was built by one major version of Node runs on the same. */
export function mixedVersions(text: string): string[] {
  const majors = stagesOf(text).map(({ from }) => /\bnode(?:js)?:?(\d+)/.exec(from.getImage() ?? '')?.[1]);
  return new Set(majors).size === 1 ? [] : [`stages on different versions of Node: ${majors.join(', ')}`];
}

/** The last USER of the last stage is a number (Kubernetes cannot check a name) and not 0. */
export function rootUser(text: string): string[] {
  const users = lastStage(text).filter((instruction) => instruction.getKeyword() === 'USER');
  const user = users.at(-1)?.getArgumentsContent() ?? 'root';
  return /^[1-9]\d*(:[1-9]\d*)?$/.test(user) ? [] : [`the image runs as ${user}`];
}

/** ADD fetches addresses and unpacks archives; COPY does neither. */
export function adds(text: string): string[] {
  return stagesOf(text)
    .flatMap(({ instructions }) => instructions)
    .filter((instruction) => instruction.getKeyword() === 'ADD')
    .map((instruction) => `${instruction.toString()}: use COPY`);
}

/** Build arguments and environment end up in the image's history. */
export function secrets(text: string): string[] {
  return stagesOf(text)
    .flatMap(({ instructions }) => instructions)
    .filter((instruction) => ['ENV', 'ARG'].includes(instruction.getKeyword()))
    .filter((i) => /token|secret|passw|credential|api_?key|private_?key|_auth/i.test(argumentsOf(i)))
    .map((instruction) => `${argumentsOf(instruction)}: looks like a secret`);
}

/** Packages come from the lock file, and none of them gets to run a script; what ships has no development packages. */
export function unlockedInstalls(text: string): string[] {
  const runs = stagesOf(text).flatMap(({ instructions }) =>
    instructions.filter((i) => i.getKeyword() === 'RUN'),
  );
  const installs = runs
    .flatMap((instruction) => argumentsOf(instruction).split(/&&|;|\|/))
    .map((command) => command.trim())
    .filter((command) => /^npm\s+(ci|i|install|add)\b/.test(command));
  const bad = installs.filter((c) => !/^npm\s+ci\b/.test(c) || !c.includes('--ignore-scripts'));
  const ships = installs.some((command) => command.includes('--omit=dev'));
  return [...bad, ...(ships ? [] : ['no installation without development packages'])];
}

/** Arrays, so that no shell stands between the signal and the program. */
export function shellForms(text: string): string[] {
  return ['ENTRYPOINT', 'CMD'].flatMap((keyword) => {
    const instruction = lastStage(text).findLast((i) => i.getKeyword() === keyword);
    if (instruction === undefined) return [`no ${keyword}`];
    return isArray(instruction) ? [] : [`${keyword} in shell form`];
  });
}

/** The settings an operator relies on. */
export function missingSettings(text: string): string[] {
  const said = lastStage(text).map(
    (instruction) => `${instruction.getKeyword()} ${argumentsOf(instruction)}`,
  );
  const needed = [/^ENV .*\bNODE_ENV=production\b/, /^STOPSIGNAL SIGINT$/, /^LABEL .*licenses=/, /^VOLUME /];
  return needed
    .filter((need) => !said.some((line) => need.test(line)))
    .map((need) => `missing: ${need.source}`);
}

/** The working folder belongs to the user who runs: something owned by that user is copied to it. */
export function readOnlyFolder(text: string): string[] {
  const last = lastStage(text);
  const folder = last.findLast((i) => i.getKeyword() === 'WORKDIR')?.getArgumentsContent() ?? '/';
  const user = last.findLast((i) => i.getKeyword() === 'USER')?.getArgumentsContent() ?? 'root';
  const owned = copiesOf(last).some((copy) => {
    const chown = copy.getFlags().find((flag) => flag.getName() === 'chown');
    return chown?.getValue() === user && copy.getArguments().at(-1)?.getValue() === folder;
  });
  return owned ? [] : [`${folder} is not given to ${user}`];
}

/** The build context is a list of what goes in, and everything the Dockerfile copies from it is on the list. */
export function contextProblems(text: string, ignore: string): string[] {
  const rules = ignore.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const sources = stagesOf(text).flatMap(({ instructions }) =>
    copiesOf(instructions)
      .filter((copy) => !copy.getFlags().some((flag) => flag.getName() === 'from'))
      .flatMap((copy) =>
        copy
          .getArguments()
          .slice(0, -1)
          .map((argument) => argument.getValue()),
      ),
  );
  const allowed = new Set(rules.slice(1).map((rule) => rule.replace(/^!/, '')));
  return [
    ...(rules[0] === '*' ? [] : ['.dockerignore does not begin by keeping everything out']),
    ...rules.slice(1).flatMap((rule) => (rule.startsWith('!') ? [] : [`${rule}: says nothing after *`])),
    ...sources.filter((s) => !allowed.has(s)).map((s) => `COPY ${s}: kept out by .dockerignore`),
    ...[...allowed].filter((a) => !sources.includes(a)).map((a) => `!${a}: never copied`),
  ];
}

function lastStage(text: string): readonly Instruction[] {
  return stagesOf(text).at(-1)?.instructions ?? [];
}

function copiesOf(instructions: readonly Instruction[]): Copy[] {
  return instructions.filter((instruction) => instruction.getKeyword() === 'COPY') as Copy[];
}

/** On one line, without the backslashes of a continued one. */
function argumentsOf(instruction: Instruction): string {
  return (instruction.getArgumentsContent() ?? '').replaceAll(/\\?\s*\n\s*/g, ' ');
}

function isArray(instruction: Instruction): boolean {
  try {
    return Array.isArray(JSON.parse(argumentsOf(instruction)));
  } catch {
    return false;
  }
}
