using System.Text.Json;

namespace Interp.Hooks;

/// <summary>Reads the JSON of interventions and says where it is wrong.</summary>
internal sealed class InterventionReader
{
    private static readonly string[] ScopeNames = [.. Scope.Everything.Parts().Select(part => part.Name)];

    private static readonly Dictionary<string, string[]> Fields = new()
    {
        ["patch"] = ["hook", .. ScopeNames, "values", "map"],
        ["ablate"] = ["hook", .. ScopeNames, "kind", "values"],
        ["knock_out"] = ["layer", "destinations", "sources", "heads", "sequences", "renormalize"],
        ["steer"] = ["hook", .. ScopeNames, "vector", "coefficient"],
        ["freeze"] = ["hook", .. ScopeNames, "values"],
    };

    private readonly HookMap _map;

    private InterventionReader(HookMap map) => _map = map;

    /// <summary>Reads interventions.</summary>
    /// <param name="json">JSON text.</param>
    /// <param name="file">What messages call the text.</param>
    /// <param name="map">The model's hook points.</param>
    public static IReadOnlyList<Intervention> Read(string json, string file, HookMap map)
    {
        try
        {
            JsonDocumentOptions options = new() { AllowDuplicateProperties = false };
            using JsonDocument document = JsonDocument.Parse(json, options);
            return new InterventionReader(map).ReadAll(new JsonPlace(document.RootElement, file, "$"));
        }
        catch (JsonException malformed)
        {
            string problem = malformed.Message.ReplaceLineEndings(" ");
            throw new InvalidInputException($"{file}: not valid JSON: {problem}", malformed);
        }
    }

    private List<Intervention> ReadAll(JsonPlace root)
    {
        root.RequireFields([InterventionWriter.Marker, "interventions"]);
        JsonPlace marker = root.Field(InterventionWriter.Marker);
        int version = marker.Int();
        return version == InterventionWriter.Version
            ? [.. root.Field("interventions").Items().Select(ReadOne)]
            : throw marker.Error($"expected version {InterventionWriter.Version}, found {version}");
    }

    private Intervention ReadOne(JsonPlace at)
    {
        string type = at.Field("type").Choice([.. Fields.Keys]);
        at.RequireFields(["type", .. Fields[type]]);
        return type switch
        {
            "patch" => new Patch(Hook(at), Tensor(at.Field("values")), ReadScope(at), Map(at)),
            "ablate" => ReadAblate(at),
            "knock_out" => new KnockOut(
                at.Field("layer").Int(), Set(at, "destinations"), Set(at, "sources"), Set(at, "heads"),
                !at.Has("renormalize") || at.Field("renormalize").Bool(), Set(at, "sequences")),
            "steer" => new Steer(Hook(at), Tensor(at.Field("vector")), at.Field("coefficient").Float(), ReadScope(at)),
            _ => new Freeze(Hook(at), Tensor(at.Field("values")), ReadScope(at)),
        };
    }

    private Ablate ReadAblate(JsonPlace at)
    {
        string kind = at.Field("kind").Choice([.. Enum.GetValues<AblationKind>().Select(InterventionWriter.KindName)]);
        HookPoint point = Hook(at);
        Scope scope = ReadScope(at);
        if (kind == InterventionWriter.KindName(AblationKind.Zero))
        {
            return at.Has("values") ? throw at.Field("values").Error("zero ablation takes no values") : Ablate.Zero(point, scope);
        }

        TensorValue values = Tensor(at.Field("values"));
        Ablate ablate = kind == InterventionWriter.KindName(AblationKind.Resample)
            ? Ablate.Resample(point, values, scope)
            : Ablate.Mean(point, values, scope);
        string found = InterventionWriter.KindName(ablate.Kind);
        return found == kind ? ablate : throw at.Field("kind").Error($"values of shape {values} are for {found}, found {kind}");
    }

    private HookPoint Hook(JsonPlace at) => at.Field("hook").Try(name => _map.Parse(name.Text()));

    private static Scope ReadScope(JsonPlace at) => new()
    {
        Sequences = Set(at, "sequences"),
        Positions = Set(at, "positions"),
        Sources = Set(at, "sources"),
        Heads = Set(at, "heads"),
        Neurons = Set(at, "neurons"),
    };

    private static IndexSet Set(JsonPlace at, string name) =>
        at.Has(name) ? IndexSet.Of([.. at.Field(name).Items().Select(item => item.Int())]) : IndexSet.All;

    private static PositionMap? Map(JsonPlace at) =>
        at.Has("map") ? at.Field("map").Try(map => new PositionMap(map.Items().Select(Pair).ToList())) : null;

    private static (int Destination, int Source) Pair(JsonPlace pair) =>
        pair.Items().Select(item => item.Int()).ToList() is [int destination, int source]
            ? (destination, source)
            : throw pair.Error("expected a pair of positions");

    private static TensorValue Tensor(JsonPlace at)
    {
        at.RequireFields(["shape", "data"]);
        return at.Try(tensor => new TensorValue(
            [.. tensor.Field("shape").Items().Select(item => item.Int())],
            [.. tensor.Field("data").Items().Select(item => item.Float())]));
    }
}
