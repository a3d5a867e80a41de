using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Interp.Reports.Tests;

/// <summary>The figures of a page, read back from its bytes without the code that wrote them.</summary>
internal sealed class PageFigures
{
    private const string Start = "<script type=\"application/json\" id=\"figures\">";
    private readonly JsonElement _sets;

    public PageFigures(byte[] page)
    {
        string text = Encoding.UTF8.GetString(page);
        int from = text.IndexOf(Start, StringComparison.Ordinal) + Start.Length;
        _sets = JsonDocument.Parse(text[from..text.IndexOf("</script>", from, StringComparison.Ordinal)]).RootElement;
    }

    public IEnumerable<string> Sets => _sets.EnumerateObject().Select(s => s.Name);

    /// <summary>A trace of the figure that stands for some choices, by their text.</summary>
    public JsonElement Trace(string set, int trace, params string[] choices)
    {
        JsonElement found = _sets.GetProperty(set);
        string key = string.Join(',', found.GetProperty("menus").EnumerateArray().Select((menu, i) => menu.GetProperty("choices").EnumerateArray()
            .Select(c => c.GetString()).ToList().IndexOf(choices[i])));
        return found.GetProperty("frames").GetProperty(key).GetProperty("data")[trace];
    }

    public IReadOnlyList<string> Choices(string set, int menu) =>
        [.. _sets.GetProperty(set).GetProperty("menus")[menu].GetProperty("choices").EnumerateArray().Select(c => c.GetString()!)];

    public int Count(string set) => _sets.GetProperty(set).GetProperty("frames").EnumerateObject().Count();

    /// <summary>The numbers of a list, however they are written, in order; null is NaN.</summary>
    public static double[] Numbers(JsonElement list)
    {
        if (list.ValueKind == JsonValueKind.Object)
        {
            byte[] bits = Convert.FromBase64String(list.GetProperty("bdata").GetString()!);
            return list.GetProperty("dtype").GetString() == "f4"
                ? [.. MemoryMarshal.Cast<byte, float>(bits).ToArray().Select(v => (double)v)]
                : MemoryMarshal.Cast<byte, double>(bits).ToArray();
        }

        return [.. list.EnumerateArray().SelectMany(e => e.ValueKind switch
        {
            JsonValueKind.Array or JsonValueKind.Object => Numbers(e),
            JsonValueKind.Null => [double.NaN],
            _ => [e.GetDouble()],
        })];
    }

    public static string[] Texts(JsonElement list) => [.. list.EnumerateArray().Select(e => e.GetString()!)];
}
