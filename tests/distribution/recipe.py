"""Renders the conda recipe, as rattler-build would before it builds; prints the package and its version."""

import sys

from rattler_build import Stage0Recipe, VariantConfig

(rendered,) = Stage0Recipe.from_file(sys.argv[1]).render(VariantConfig())
print(rendered.recipe.package.name, rendered.recipe.package.version)
