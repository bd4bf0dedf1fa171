import { NATIVE } from './bundle.ts'

/** The manifest of the checkout, as far as the package takes it over. */
interface Checkout {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly license: string
  readonly engines: { readonly node: string }
  readonly bin: { readonly daybreak: string }
  readonly devDependencies: Readonly<Record<string, string>>
}

const ANALYSER = '@fivetrandevelopers/zetasql'

/**
 * Pure: package.json of the package. One dependency; the analyser of models is for those who write them, so it is a peer that may be
 * absent. Private, as long as the owner has chosen no licence: `npm publish` refuses.
 */
export function packageManifest(
  { name, version, description, license, engines, bin, devDependencies }: Checkout,
  native: string,
): object {
  return {
    ...{ name, version, private: true, description, license, type: 'module', engines, bin },
    exports: { './server': './functions/server.js', './package.json': './package.json' },
    dependencies: { [NATIVE]: native },
    peerDependencies: { [ANALYSER]: devDependencies[ANALYSER] },
    peerDependenciesMeta: { [ANALYSER]: { optional: true } },
  }
}
