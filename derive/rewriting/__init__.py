"""Index normal form: every formula as a polynomial of indexed atoms, for all sizes at once.

An expression becomes a sum of terms; a term is a rational coefficient, powers of sizes, and a product of factors, each
an atom with indices, some free (the axes of the expression, or named), the others summed. Matrix product, transpose,
elementwise product, sums, diag, ones and Kronecker deltas leave no other trace: a δ merges two indices, an index that
stands on one side only is a broadcast, one that nothing uses is its size.

    heads         what an atom is; the table that numbers them
    monomial      one term, and its canonical labelling
    polynomial    sums of terms; `Ring.collect` puts every product into normal form
    products      raw products: renaming, writing out an argument, dividing
    relations     the laws of the atoms, as rewriting of products; gate_relations has those of gates
    closing       atoms of an argument that is itself in normal form
    gates, logistic, powers, exponential, odds, elementwise
                  how each function is written in atoms
    calculus      substitution and differentiation in index form
    lower         expressions to polynomials
    bases         e^u written in σ(u), σ(2u) too, and log P as log|P|, on demand
    two_values    names that are 0 or 1, or ±1, taken out of atoms, on demand
    gate_sums     gates whose arguments add up to that of a third, on demand
    common_denominator  sums of fractions, on demand
    factoring     denominators split into irreducible factors
    entries       sums written out where sizes are numbers, on demand

**What equal normal forms prove.** Each law used is an identity between real functions that holds wherever both of its
sides are defined. So two expressions with one normal form are equal at every point at which both are defined, for
every size. "Defined" is meant as the formula is written: x/x is 1 away from 0; log(xy) = log x + log y where x and y
are positive; √(x²) is |x|, never x. No law turns a function that is defined somewhere into one that is defined nowhere.
What a gate, a name that is 0 or 1, or an arm of `where` switches off is 0 even where it is not defined: no law takes a
gate from beside its pole, or a pole out of terms that are switched off, as long as anything may still be multiplied;
nor any gate from beside b^N/b, which is 1 at b = 0 for N = 1. That two logarithms are nowhere both defined, as log x
and log(−x), is for the prover to see.

**What is complete.** For formulas built from names, numbers, sizes, sums, products, contractions, components and
Kronecker deltas, two expressions are equal for all sizes exactly when their normal forms are: distinct canonical terms
are independent as soon as every size is at least the number of indices of the largest term. The same holds when names
are replaced by σ, tanh, softplus or unspecified functions, with their derivatives, of generic arguments, because
σ² = σ − D is the only relation between σ and D.

**What is only sound.** Arguments that are related (σ(u) and σ(3u), ties between weights), sums of poles that are no
denominators of a side as it is written, nested roots, gates of arguments that are not names, products of sums that
cancel only at certain sizes, and atoms with a partial symmetry of three or more slots. There different normal forms
prove nothing, and nothing is claimed from them.

**Why it ends.** A δ disappears or stays between two free labels. σ's exponent moves to 0 or 1, a root's into 0 … q − 1,
a gate's to 1. 1/P removes the leading monomial of P, for smaller ones in a fixed order. [u<0] gives way to products
that do not have it, or that have fewer factors beside it. Labelling searches a finite tree. Whatever grows is counted:
past the budget of terms the answer is "not decided", not an endless computation.
"""
