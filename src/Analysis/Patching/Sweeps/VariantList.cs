using System.Collections;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>Variants that are made when they are asked for, so that a large sweep is never held as a whole.</summary>
internal sealed class VariantList(int count, Func<int, Variant> make) : IReadOnlyList<Variant>
{
    /// <inheritdoc/>
    public int Count => count;

    /// <inheritdoc/>
    public Variant this[int index] => make(index);

    /// <inheritdoc/>
    public IEnumerator<Variant> GetEnumerator() => Enumerable.Range(0, count).Select(make).GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
