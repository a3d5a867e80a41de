using System.IO.Enumeration;

namespace Interp.Hooks;

/// <content>Choosing several points at once.</content>
public sealed partial class HookMap
{
    /// <summary>
    /// The points that patterns select, in firing order, each once. A pattern is a name as <see cref="Parse(string)"/> reads
    /// it; a short name without a layer (<c>z</c>, <c>resid_post</c>, or a <see cref="HookKind"/>), meaning every layer; or a
    /// canonical name with <c>*</c> (any text) and <c>?</c> (any character). Points that fire only on request are selected
    /// by a wildcard only if the last part of the pattern, after its last dot, has no <c>*</c>.
    /// </summary>
    /// <param name="patterns">The patterns.</param>
    /// <exception cref="InvalidInputException">A pattern selects nothing; the message gives the nearest names.</exception>
    public IReadOnlyList<HookPoint> Match(IEnumerable<string> patterns)
    {
        ArgumentNullException.ThrowIfNull(patterns);
        return [.. patterns.SelectMany(pattern => MatchOne(pattern.Trim())).Distinct().OrderBy(point => _order[point])];
    }

    private IEnumerable<HookPoint> MatchOne(string pattern)
    {
        if (pattern.AsSpan().IndexOfAny('*', '?') >= 0)
        {
            return MatchGlob(pattern);
        }

        if (!TryReadKind(pattern, out HookKind kind))
        {
            return [Parse(pattern)];
        }

        HookRow row = HookTable.Row(kind);
        RequirePresent(pattern, row, 0);
        return AllPoints.Where(point => point.Kind == kind);
    }

    private bool TryReadKind(string pattern, out HookKind kind)
    {
        if (HookNames.TryRead(pattern, Outline, out kind, out int? layer))
        {
            return layer is null;
        }

        int index = Array.FindIndex(
            Enum.GetNames<HookKind>(), name => name.Equals(pattern, StringComparison.OrdinalIgnoreCase));
        kind = (HookKind)Math.Max(index, 0);
        return index >= 0;
    }

    private List<HookPoint> MatchGlob(string pattern)
    {
        string last = pattern[(pattern.LastIndexOf('.') + 1)..];
        bool named = !last.Contains('*', StringComparison.Ordinal);

        // A backslash is one of the name's here, not a sign that what follows is meant as it is.
        string glob = pattern.Replace(@"\", @"\\", StringComparison.Ordinal);
        List<HookPoint> found = [.. (named ? AllPoints : Points).Where(point => Matches(Name(point)) || Matches(point.ToString()))];
        return found.Count > 0
            ? found
            : throw new InvalidInputException(
                $"hook '{pattern}': the pattern matches no hook point; nearest: {Nearest(pattern, AllPoints.Select(Name))}");

        bool Matches(string name) => FileSystemName.MatchesSimpleExpression(glob, name, ignoreCase: false);
    }
}
