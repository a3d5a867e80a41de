using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Interp.Hooks;

/// <summary>Writes the JSON of interventions: one property a line, arrays of numbers on one line.</summary>
internal static class InterventionWriter
{
    /// <summary>Name of the property that marks the format; its value is the version.</summary>
    public const string Marker = "interp.interventions";

    /// <summary>The version written, and the only one read.</summary>
    public const int Version = 1;

    /// <summary>The JSON text, ending in a line feed.</summary>
    public static string Write(IEnumerable<Intervention> interventions)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteNumber(Marker, Version);
            json.WriteStartArray("interventions");
            foreach (Intervention intervention in interventions)
            {
                json.WriteStartObject();
                WriteOne(json, intervention);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    /// <summary>The name of an ablation in files.</summary>
    public static string KindName(AblationKind kind) => kind switch
    {
        AblationKind.Zero => "zero",
        AblationKind.Mean => "mean",
        AblationKind.MeanByPosition => "mean_by_position",
        _ => "resample",
    };

    private static void WriteOne(Utf8JsonWriter json, Intervention intervention)
    {
        switch (intervention)
        {
            case Patch patch:
                WriteHead(json, "patch", patch);
                WriteTensor(json, "values", patch.Values);
                if (patch.Map is PositionMap map)
                {
                    json.WritePropertyName("map");
                    json.WriteRawValue(Row(map.Pairs.Select(pair => Row([Text(pair.Destination), Text(pair.Source)]))));
                }

                break;
            case Ablate ablate:
                WriteHead(json, "ablate", ablate);
                json.WriteString("kind", KindName(ablate.Kind));
                WriteTensor(json, "values", ablate.Values);
                break;
            case KnockOut knockOut:
                json.WriteString("type", "knock_out");
                json.WriteNumber("layer", knockOut.Layer);
                WriteSet(json, "destinations", knockOut.Destinations);
                WriteSet(json, "sources", knockOut.Sources);
                WriteSet(json, "heads", knockOut.Heads);
                WriteSet(json, "sequences", knockOut.Sequences);
                json.WriteBoolean("renormalize", knockOut.Renormalize);
                break;
            case Steer steer:
                WriteHead(json, "steer", steer);
                WriteTensor(json, "vector", steer.Vector);
                json.WritePropertyName("coefficient");
                json.WriteRawValue(Text(steer.Coefficient));
                break;
            case Freeze freeze:
                WriteHead(json, "freeze", freeze);
                WriteTensor(json, "values", freeze.Values);
                break;
            default:
                throw new InvalidInputException($"{intervention}: it is code, which cannot be saved or hashed as JSON");
        }
    }

    private static void WriteHead(Utf8JsonWriter json, string type, Intervention intervention)
    {
        json.WriteString("type", type);
        json.WriteString("hook", intervention.Point.ToString());
        foreach ((string name, IndexSet set) in intervention.Scope.Parts())
        {
            WriteSet(json, name, set);
        }
    }

    private static void WriteSet(Utf8JsonWriter json, string name, IndexSet set)
    {
        if (!set.IsAll)
        {
            json.WritePropertyName(name);
            json.WriteRawValue(Row(set.Listed.ToArray().Select(Text)));
        }
    }

    private static void WriteTensor(Utf8JsonWriter json, string name, TensorValue? tensor)
    {
        if (tensor is not null)
        {
            json.WriteStartObject(name);
            json.WritePropertyName("shape");
            json.WriteRawValue(Row(tensor.Shape.Select(Text)));
            json.WritePropertyName("data");
            json.WriteRawValue(Row(tensor.Values.Select(Text)));
            json.WriteEndObject();
        }
    }

    private static string Row(IEnumerable<string> items) => $"[{string.Join(", ", items)}]";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Text(float number) =>
        float.IsFinite(number)
            ? number.ToString("R", CultureInfo.InvariantCulture)
            : $"\"{number.ToString(CultureInfo.InvariantCulture)}\"";
}
