namespace Interp.Hooks;

/// <summary>
/// A hook point as a caller names it: a <see cref="HookPoint"/> or a text (canonical name, shorthand, glob). Both convert
/// implicitly, so typed access and access by name are the same call.
/// </summary>
public readonly record struct HookQuery
{
    private HookQuery(HookPoint? point, string? text)
    {
        Point = point;
        Text = text;
    }

    /// <summary>The point, when it was given as a value.</summary>
    public HookPoint? Point { get; }

    /// <summary>The text, when it was given by name.</summary>
    public string? Text { get; }

    /// <summary>Names a point by value.</summary>
    /// <param name="point">The point.</param>
    public static implicit operator HookQuery(HookPoint point) => new(point, null);

    /// <summary>Names a point, or several, by text.</summary>
    /// <param name="text">Canonical name, shorthand or glob.</param>
    public static implicit operator HookQuery(string text) => new(null, text);

    /// <inheritdoc/>
    public override string ToString() => Text ?? Point?.ToString() ?? "";
}
