using System.Numerics.Tensors;
using Interp.Hooks;
using Interp.Runtime.Forward;

namespace Interp.Runtime;

/// <summary>The recorded activations of one sequence.</summary>
public sealed class ActivationCache : IRecording
{
    private readonly HookMap _map;
    private readonly ModelConfig _config;
    private readonly Dictionary<HookPoint, float[]> _values = [];

    // Arrays that were handed out may be held by anybody.
    private readonly HashSet<HookPoint> _shared = [];
    private bool _released;

    internal ActivationCache(TransformerModel model, int positions, IReadOnlyCollection<HookPoint> changed)
        : this(model.Hooks, model.Config, model.Identity, positions, changed)
    {
    }

    private ActivationCache(
        HookMap map, ModelConfig config, ModelIdentity identity, int positions, IReadOnlyCollection<HookPoint> changed)
    {
        _map = map;
        _config = config;
        Model = identity;
        Positions = positions;
        Changed = changed;
    }

    /// <summary>The model that ran.</summary>
    public ModelIdentity Model { get; }

    /// <summary>Length of the sequence.</summary>
    public int Positions { get; }

    /// <summary>The points at which interventions changed values in this run; recorded values are those after them.</summary>
    public IReadOnlyCollection<HookPoint> Changed { get; }

    /// <summary>Whether all values of the run are known to be finite, those that were not recorded as well.</summary>
    internal bool Finite { get; set; }

    /// <summary>The recorded points in firing order.</summary>
    public IReadOnlyList<HookPoint> Points => [.. _map.AllPoints.Where(_values.ContainsKey)];

    /// <summary>The activation of one point in the axes of its hook table row, without a batch axis.</summary>
    /// <param name="query">A point by value or by name.</param>
    /// <exception cref="InvalidInputException">The name is unknown, or the point was not recorded.</exception>
    public Tensor<float> this[HookQuery query]
    {
        get
        {
            HookPoint point = _map.Resolve(query);
            return Tensor.Create(Values(point), [.. Shape(point).Select(n => (nint)n)]);
        }
    }

    /// <summary>Whether a point was recorded.</summary>
    /// <param name="point">A hook point.</param>
    public bool Contains(HookPoint point) => _values.ContainsKey(point);

    /// <summary>Shape of a recorded activation.</summary>
    /// <param name="point">A hook point.</param>
    public int[] Shape(HookPoint point) => _map.Shape(point, Positions, Positions);

    /// <summary>The values of a recorded activation, row-major. Shared with the cache: do not write.</summary>
    /// <param name="point">A hook point.</param>
    /// <exception cref="InvalidInputException">The model has no such point, or it was not recorded.</exception>
    public float[] Values(HookPoint point)
    {
        float[] values = Read(point);
        lock (_shared)
        {
            _shared.Add(_map.Require(point));
        }

        return values;
    }

    /// <summary>The values of one head at one position.</summary>
    /// <param name="point">A hook point.</param>
    /// <param name="position">Position; negative counts from the end.</param>
    /// <param name="head">Head, on keys and values the key-value head; 0 where the point has none.</param>
    /// <exception cref="InvalidInputException">The point was not recorded, or position or head are out of range.</exception>
    public ReadOnlySpan<float> Row(HookPoint point, int position, int head = 0)
    {
        float[] values = Read(point);
        int heads = _map.Heads(point);
        if ((uint)head >= (uint)Math.Max(1, heads))
        {
            string expected = heads == 0 ? "the point has no heads" : $"expected 0..{heads - 1}";
            throw new InvalidInputException($"hook {_map.Name(_map.Require(point))}: head {head} is out of range, {expected}");
        }

        int index = Runtime.Positions.Resolve(position, Positions, "the prompt");
        return new Activation(point, 0, 0, Positions, Math.Max(1, heads), values).Row(index, head);
    }

    /// <summary>A recorded activation as a value that interventions take.</summary>
    /// <param name="query">A point by value or by name.</param>
    public TensorValue Value(HookQuery query)
    {
        HookPoint point = _map.Resolve(query);
        return new TensorValue(Shape(point), Values(point));
    }

    /// <summary>
    /// Makes sure that the run was one of a model: of this object, or of another with the same settings and the same hash. Numbers of one model's
    /// weights and another's activations would mean nothing.
    /// </summary>
    /// <param name="model">The model with which the activations are read.</param>
    /// <exception cref="InvalidInputException">Another model ran, or this one with other weights, such as before they were processed.</exception>
    public void RequireModel(TransformerModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (!IsOf(model.Hooks) && !(_config.Equals(model.Config) && Model.Sha256 == model.Sha256))
        {
            throw new InvalidInputException($"activations: expected a run of this model, {Described(model.Identity)}, "
                + $"found one of {Described(Model)}; run the model whose weights are read");
        }

        static string Described(ModelIdentity identity) =>
            $"{identity.Name} (SHA-256 {identity.Sha256[..12]}{(identity.DerivedFrom is { } from ? $", derived from {from[..12]}" : "")})";
    }

    /// <summary>Gives its large arrays to later runs, but for those that were handed out; it cannot be read any more.</summary>
    internal void Release()
    {
        _released = true;
        foreach ((HookPoint point, float[] values) in _values)
        {
            if (!_shared.Contains(point))
            {
                ResultPool.Shared.Return(values);
            }
        }

        _values.Clear();
    }

    /// <summary>Whether the run was one of the model with these hook points.</summary>
    internal bool IsOf(HookMap map) => ReferenceEquals(_map, map);

    /// <summary>Some of what was recorded, as a run that recorded only these points and changed only those would have it.</summary>
    internal ActivationCache Only(IEnumerable<HookPoint> points, IReadOnlyCollection<HookPoint> changed)
    {
        var only = new ActivationCache(_map, _config, Model, Positions, changed) { Finite = Finite };
        foreach (HookPoint point in points)
        {
            only._values[point] = Values(point);
        }

        return only;
    }

    /// <summary>Puts the values of a point, shared with the caller.</summary>
    void IRecording.Put(HookPoint point, float[] values) => Put(point, values);

    /// <inheritdoc cref="IRecording.Put"/>
    internal void Put(HookPoint point, float[] values) => _values[point] = values;

    private float[] Read(HookPoint point)
    {
        ObjectDisposedException.ThrowIf(_released, this);
        return _values.TryGetValue(_map.Require(point), out float[]? values)
            ? values
            : throw new InvalidInputException($"hook {_map.Name(point)}: not recorded in this run; name it among the hooks to observe");
    }
}
