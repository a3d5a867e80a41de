namespace Interp.Hooks;

/// <content>Points as callers name them, by value or by text.</content>
public sealed partial class HookMap
{
    /// <summary>The point that a query names.</summary>
    /// <param name="query">A point by value or by name.</param>
    /// <exception cref="InvalidInputException">The point does not exist.</exception>
    public HookPoint Resolve(HookQuery query) => query.Point is { } point ? Require(point) : Parse(query.Text ?? "");

    /// <summary>The points that queries name, in firing order, each once; texts may select several, as in <see cref="Match"/>.</summary>
    /// <param name="queries">Points by value, by name or by pattern.</param>
    /// <exception cref="InvalidInputException">A query names nothing.</exception>
    public IReadOnlyList<HookPoint> ResolveAll(IEnumerable<HookQuery> queries)
    {
        ArgumentNullException.ThrowIfNull(queries);
        HashSet<HookPoint> named = [];
        foreach (HookQuery query in queries)
        {
            if (query.Point is { } point)
            {
                named.Add(Require(point));
            }
            else
            {
                named.UnionWith(Match([query.Text ?? ""]));
            }
        }

        // A loop: a query over these values would be compiled when the tool starts.
        var resolved = new List<HookPoint>(named.Count);
        foreach (HookPoint point in AllPoints)
        {
            if (named.Contains(point))
            {
                resolved.Add(point);
            }
        }

        return resolved;
    }
}
