using System.Text.Json;
using Plotly.NET;

namespace Interp.Reports;

/// <summary>
/// Figures that share a place in the page; menus choose among them. Each choice of all menus is one figure; some may be missing.
/// </summary>
public sealed record FigureSet : PanelPart
{
    private readonly Dictionary<string, string> _frames = new(StringComparer.Ordinal);
    private readonly List<List<string>> _choices;
    private readonly long _mostBytes;

    /// <summary>Creates an empty set.</summary>
    /// <param name="id">Name in the page, in lower case.</param>
    /// <param name="title">Heading.</param>
    /// <param name="description">What a reader is told who does not see the figure.</param>
    /// <param name="menus">The menus.</param>
    /// <param name="mostBytes">Size of all figures together that is not passed.</param>
    public FigureSet(string id, string title, string description, IReadOnlyList<FigureMenu> menus, long mostBytes = long.MaxValue)
    {
        (Id, Title, Description, Menus, _mostBytes) = (id, title, description, menus, mostBytes);
        _choices = [.. menus.Select(_ => new List<string>())];
    }

    /// <summary>Name in the page.</summary>
    public string Id { get; }

    /// <summary>Heading.</summary>
    public string Title { get; }

    /// <summary>What a reader is told who does not see the figure.</summary>
    public string Description { get; }

    /// <summary>The menus.</summary>
    public IReadOnlyList<FigureMenu> Menus { get; }

    /// <summary>Number of figures.</summary>
    public int Count => _frames.Count;

    /// <summary>Bytes of all figures in the page.</summary>
    public long Bytes { get; private set; }

    /// <summary>Figures that did not fit.</summary>
    public int LeftOut { get; private set; }

    /// <summary>A menu that small pictures stand for; empty = none.</summary>
    public string Gallery { get; init; } = "";

    /// <summary>A click on a cell chooses the choice of that name in a menu of another set.</summary>
    public (string Set, string Menu)? Click { get; init; }

    /// <summary>
    /// Tokens to be read as text beside the figure, whose rows are destinations and whose columns are sources; by choice of the menu
    /// <c>prompt</c>.
    /// </summary>
    public Dictionary<string, IReadOnlyList<string>> Tokens { get; } = new(StringComparer.Ordinal);

    /// <summary>Adds a figure unless it, or one before it, would not fit.</summary>
    /// <param name="chart">Makes the figure; not called when there is no room any more.</param>
    /// <param name="choices">The choice of each menu that stands for it, as people read it.</param>
    /// <returns>Whether it was added.</returns>
    public bool Add(Func<GenericChart> chart, params IReadOnlyList<string> choices)
    {
        ArgumentNullException.ThrowIfNull(chart);
        if (LeftOut > 0)
        {
            LeftOut++;
            return false;
        }

        string json = FigureJson.Of(chart());
        if (Bytes + json.Length > _mostBytes)
        {
            LeftOut++;
            return false;
        }

        Bytes += json.Length;
        _frames[string.Join(',', choices.Select((choice, menu) => Index(menu, choice)))] = json;
        return true;
    }

    /// <summary>Says in which order choices of a menu stand, whatever figure is added first. Those without a figure are not offered.</summary>
    /// <param name="menu">Index of the menu.</param>
    /// <param name="choices">The choices.</param>
    public void Order(int menu, IEnumerable<string> choices)
    {
        foreach (string choice in choices)
        {
            Index(menu, choice);
        }
    }

    /// <summary>The choices of a menu.</summary>
    /// <param name="menu">Index of the menu.</param>
    public IReadOnlyList<string> Choices(int menu) => _choices[menu];

    /// <summary>Writes the set as the page's scripts read it.</summary>
    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject(Id);
        json.WriteStartArray("menus");
        for (int i = 0; i < Menus.Count; i++)
        {
            json.WriteStartObject();
            json.WriteString("name", Menus[i].Name);
            json.WriteString("label", Menus[i].Label);
            json.WriteBoolean("slider", Menus[i].Slider);
            Write(json, "choices", _choices[i]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("gallery", Gallery);
        if (Click is { } click)
        {
            Write(json, "click", [click.Set, click.Menu]);
        }

        json.WriteStartObject("tokens");
        foreach ((string choice, IReadOnlyList<string> tokens) in Tokens)
        {
            Write(json, choice, tokens);
        }

        json.WriteEndObject();
        json.WriteStartObject("frames");
        foreach ((string key, string frame) in _frames)
        {
            json.WritePropertyName(key);
            json.WriteRawValue(frame, skipInputValidation: true);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private int Index(int menu, string choice)
    {
        int at = _choices[menu].IndexOf(choice);
        if (at < 0)
        {
            at = _choices[menu].Count;
            _choices[menu].Add(choice);
        }

        return at;
    }
}

/// <summary>A menu over figures.</summary>
/// <param name="Name">Its name in the page.</param>
/// <param name="Label">What people read before it.</param>
/// <param name="Slider">Whether it is a slider: its choices have an order.</param>
public sealed record FigureMenu(string Name, string Label, bool Slider = false);
