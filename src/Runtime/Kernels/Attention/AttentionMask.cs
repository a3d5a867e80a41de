namespace Interp.Runtime.Kernels;

/// <summary>Which keys a query may see, and the bias of ALiBi. Key 0 stands at position 0.</summary>
/// <param name="Causal">A query sees no key after its own position.</param>
/// <param name="FirstQuery">Position of query row 0.</param>
/// <param name="Window">A query sees only keys less than this many positions away, on either side. Null: no limit.</param>
/// <param name="AlibiSlope">slope * (key - query) is added to a score; 0 for none (Press, Smith and Lewis 2021).</param>
internal readonly record struct AttentionMask(bool Causal, int FirstQuery, int? Window, float AlibiSlope)
{
    /// <summary>The keys that query row <paramref name="query"/> may see, out of <paramref name="keys"/>; may be none.</summary>
    internal (int Begin, int End) Keys(int query, int keys)
    {
        long position = (long)FirstQuery + query;
        long begin = Window is int back ? Math.Max(0, position - back + 1) : 0;
        long end = Causal ? position + 1 : Window is int ahead ? position + ahead : keys;
        end = Math.Clamp(end, 0, keys);
        return ((int)Math.Min(begin, end), (int)end);
    }
}
