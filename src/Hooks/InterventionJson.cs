using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Interp.Hooks;

/// <summary>Interventions as JSON: readable, versioned, floats exact to the bit.</summary>
public static class InterventionJson
{
    private const int Version = 1;
    private const string Root = "interp.interventions";

    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>Writes interventions as text.</summary>
    /// <param name="interventions">The interventions.</param>
    /// <exception cref="InvalidInputException">One of them is code (<see cref="Custom"/>).</exception>
    public static string Serialize(IEnumerable<Intervention> interventions)
    {
        ArgumentNullException.ThrowIfNull(interventions);
        var root = new JsonObject { [Root] = Version, ["list"] = new JsonArray([.. interventions.Select(ToJson)]) };
        return root.ToJsonString(Format);
    }

    /// <summary>Reads interventions from text.</summary>
    /// <param name="json">What <see cref="Serialize"/> writes; hooks may be given by any name that the model's map reads.</param>
    /// <param name="map">The model's hook points.</param>
    /// <param name="source">Where the text came from, for errors.</param>
    /// <exception cref="InvalidInputException">The text is malformed, or names something unknown.</exception>
    public static IReadOnlyList<Intervention> Deserialize(string json, HookMap map, string source = "interventions")
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(map);
        JsonElement root;
        try
        {
            using var document = JsonDocument.Parse(json);
            root = document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new InvalidInputException($"{source}: not valid JSON at line {e.LineNumber + 1}", e);
        }

        var fields = new JsonFields(root, source);
        int version = fields.Int(Root);
        if (version != Version)
        {
            throw new InvalidInputException($"{source}: {Root}: expected version {Version}, found {version}");
        }

        JsonFields[] items = [.. fields.Objects("list")];
        fields.Done();
        return [.. items.Select(item => FromJson(item, map))];
    }

    /// <summary>Writes interventions to a file, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="interventions">The interventions.</param>
    public static void Save(string path, IEnumerable<Intervention> interventions)
    {
        string text = Serialize(interventions);
        string aside = path + ".part";
        File.WriteAllText(aside, text);
        File.Move(aside, path, overwrite: true);
    }

    /// <summary>Reads interventions from a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="map">The model's hook points.</param>
    /// <exception cref="InvalidInputException">The file is missing or malformed.</exception>
    public static IReadOnlyList<Intervention> Load(string path, HookMap map) => File.Exists(path)
        ? Deserialize(File.ReadAllText(path), map, path)
        : throw new InvalidInputException($"{path}: no such file of interventions");

    /// <summary>A hash that tells two sets of interventions apart.</summary>
    /// <param name="interventions">The interventions.</param>
    public static string Sha256(IEnumerable<Intervention> interventions) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Serialize(interventions))));

    private static JsonNode ToJson(Intervention intervention)
    {
        var json = new JsonObject();
        switch (intervention)
        {
            case Patch patch:
                Head("patch");
                json["values"] = Tensor(patch.Values);
                if (patch.Map is { } map)
                {
                    json["map"] = Ints(map.SourceOf);
                }

                break;
            case Freeze freeze:
                Head("freeze");
                json["values"] = Tensor(freeze.Values);
                break;
            case Ablate ablate:
                Head("ablate");
                json["with"] = ablate.With.ToString();
                if (ablate.Values is { } values)
                {
                    json["values"] = Tensor(values);
                }

                break;
            case Steer steer:
                Head("steer");
                json["coefficient"] = JsonSerializer.SerializeToNode(steer.Coefficient, Format);
                json["vector"] = Tensor(steer.Vector);
                break;
            case KnockOut knockOut:
                json["type"] = "knockout";
                json["layer"] = knockOut.Point.Layer;
                json["renormalize"] = knockOut.Renormalize;
                break;
            default:
                throw new InvalidInputException($"{intervention}: code cannot be saved as JSON");
        }

        json["scope"] = ScopeOf(intervention.Scope);
        return json;

        void Head(string type)
        {
            json["type"] = type;
            json["hook"] = intervention.Point.ToString();
        }
    }

    private static Intervention FromJson(JsonFields item, HookMap map)
    {
        string type = item.Text("type");
        Scope scope = ReadScope(item.Object("scope"));
        Intervention result = type switch
        {
            "patch" => new Patch(Point(), item.Tensor("values"), scope)
            {
                Map = item.OptionalInts("map") is { } sourceOf ? new PositionMap(sourceOf) : null,
            },
            "freeze" => new Freeze(Point(), item.Tensor("values"), scope),
            "steer" => new Steer(Point(), item.Tensor("vector"), item.Float("coefficient"), scope),
            "ablate" => item.Text("with") switch
            {
                "Zero" => Ablate.Zero(Point(), scope),
                "Mean" or "MeanByPosition" => Ablate.Mean(Point(), item.Tensor("values"), scope),
                "Resample" => Ablate.Resample(Point(), item.Tensor("values"), scope),
                string other => throw item.Wrong("with", "Zero, Mean, MeanByPosition or Resample", other),
            },
            "knockout" => new KnockOut(
                item.Int("layer"), scope.Positions, scope.Sources, scope.Heads, item.Bool("renormalize"), scope.Sequences),
            _ => throw item.Wrong("type", "patch, freeze, steer, ablate or knockout", type),
        };
        item.Done();
        return result;

        HookPoint Point() => map.Parse(item.Text("hook"));
    }

    private static JsonObject ScopeOf(Scope scope)
    {
        var json = new JsonObject();
        Add("sequences", scope.Sequences);
        Add("positions", scope.Positions);
        Add("sources", scope.Sources);
        Add("heads", scope.Heads);
        Add("neurons", scope.Neurons);
        return json;

        void Add(string name, IndexSet set)
        {
            if (!set.IsAll)
            {
                json[name] = Ints(set.Indices);
            }
        }
    }

    private static Scope ReadScope(JsonFields? fields)
    {
        if (fields is null)
        {
            return Scope.Everything;
        }

        var scope = new Scope
        {
            Sequences = Set("sequences"),
            Positions = Set("positions"),
            Sources = Set("sources"),
            Heads = Set("heads"),
            Neurons = Set("neurons"),
        };
        fields.Done();
        return scope;

        IndexSet Set(string name) => fields.OptionalInts(name) is { } indices ? IndexSet.Of(indices) : IndexSet.All;
    }

    private static JsonObject Tensor(TensorValue value) => new()
    {
        ["shape"] = Ints(value.Shape),
        ["data"] = JsonSerializer.SerializeToNode(value.Values.ToArray(), Format),
    };

    private static JsonArray Ints(IEnumerable<int> values) => new([.. values.Select(v => (JsonNode)v)]);
}
