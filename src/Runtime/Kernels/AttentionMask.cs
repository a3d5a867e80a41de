namespace Interp.Runtime.Kernels;

/// <summary>Which keys a query may see, and the bias of ALiBi. Key 0 stands at position 0.</summary>
/// <param name="Causal">A query sees no key after its own position.</param>
/// <param name="FirstQuery">Position of query row 0.</param>
/// <param name="Window">A query sees only keys after its position minus this many; itself included. Null: no limit.</param>
/// <param name="AlibiSlope">slope * (key - query) is added to a score; 0 for none (Press, Smith and Lewis 2021).</param>
internal readonly record struct AttentionMask(bool Causal, int FirstQuery, int? Window, float AlibiSlope)
{
    /// <summary>The keys that query row <paramref name="query"/> may see, out of <paramref name="keys"/>; may be none.</summary>
    internal (int Begin, int End) Keys(int query, int keys)
    {
        long position = (long)FirstQuery + query;
        long begin = Window is int window ? Math.Max(0, position - window + 1) : 0;
        long end = Causal ? Math.Clamp(position + 1, 0, keys) : keys;
        return ((int)Math.Min(begin, end), (int)end);
    }
}
