namespace Interp.Runtime.Weights;

/// <summary>
/// What all sources of weights share: names, shapes and element types are checked and uses are remembered here and nowhere else.
/// Reading is safe from several threads.
/// </summary>
public abstract class WeightSource : IWeightSource
{
    private readonly Lock gate = new();
    private readonly HashSet<string> known = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public abstract string Description { get; }

    /// <inheritdoc/>
    public abstract string Sha256 { get; }

    /// <inheritdoc/>
    public abstract IEnumerable<string> Names { get; }

    /// <inheritdoc/>
    public virtual IReadOnlyList<StoredType> Stored
    {
        get
        {
            List<(string, long)> tensors = [];
            foreach (string name in Names)
            {
                WeightInfo info = Find(name, "");
                tensors.Add((info.Type.Spelling(), info.Count * info.Type.Size()));
            }

            return StoredType.Sum(tensors);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Unused
    {
        get
        {
            lock (gate)
                return [.. Names.Where(name => !known.Contains(name))];
        }
    }

    /// <inheritdoc/>
    public bool Contains(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return TryFind(Resolve(name), out _);
    }

    /// <inheritdoc/>
    public int[] ShapeOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Find(Resolve(name), "").Shape;
    }

    /// <inheritdoc/>
    public float[] Read(string name, params int[] expectedShape)
    {
        name = Resolve(name);
        WeightInfo info = Expect(name, expectedShape);
        if (info.Count > Array.MaxLength)
            throw Error(info, name, $"expected at most {Array.MaxLength} elements, found {info.Count}");
        float[] result = GC.AllocateUninitializedArray<float>((int)info.Count);
        ReadFloats(name, result);
        Used(name);
        return result;
    }

    WeightView IWeightSource.View(string name, params int[] expectedShape)
    {
        name = Resolve(name);
        WeightInfo info = Expect(name, expectedShape);
        if (TryView(name, info) is not { } view)
            return WeightView.Of(Read(name, expectedShape));
        Used(name);
        return view;
    }

    /// <inheritdoc/>
    public void Ignore(Func<string, bool> predicate)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        string[] ignored = [.. Names.Where(predicate)];
        lock (gate)
            known.UnionWith(ignored);
    }

    /// <inheritdoc/>
    public void ThrowIfUnused()
    {
        IReadOnlyList<string> unused = Unused;
        if (unused.Count == 0)
            return;
        string count = unused.Count == 1 ? "1 tensor" : $"{unused.Count} tensors";
        throw new InvalidInputException(
            $"{Description}: expected only tensors that the model uses, found {count} beside them: {OneLine.List(unused)}");
    }

    /// <summary>The name under which a tensor is stored: another than its own where the source keeps it for two.</summary>
    /// <param name="name">The name.</param>
    private protected virtual string Resolve(string name) => name;

    /// <summary>Looks a tensor up.</summary>
    /// <param name="name">The name.</param>
    /// <param name="info">What is known of it, when true is returned.</param>
    /// <returns>False when there is no such tensor.</returns>
    private protected abstract bool TryFind(string name, out WeightInfo info);

    /// <summary>Reads a tensor that was found and checked.</summary>
    /// <param name="name">The name.</param>
    /// <param name="destination">Receives the elements; has the right length.</param>
    private protected abstract void ReadFloats(string name, Span<float> destination);

    /// <summary>The numbers of a tensor that was found and checked, where they can be used without a copy; else null.</summary>
    /// <param name="name">The name.</param>
    /// <param name="info">What is known of it.</param>
    private protected virtual WeightView? TryView(string name, WeightInfo info) => null;

    private WeightInfo Expect(string name, int[] expectedShape)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(expectedShape);
        string expected = OneLine.Shape(expectedShape);
        WeightInfo info = Find(name, $" (expected shape {expected})");
        if (!info.Shape.AsSpan().SequenceEqual(expectedShape))
            throw Error(info, name, $"expected shape {expected}, found {OneLine.Shape(info.Shape)}");
        if (!info.Type.IsFloat())
            throw Error(info, name, $"expected a dtype that is one of F64, F32, F16, BF16, found {info.Type.Spelling()}");
        return info;
    }

    private void Used(string name)
    {
        lock (gate)
            known.Add(name);
    }

    private WeightInfo Find(string name, string wanted) => TryFind(name, out WeightInfo info)
        ? info
        : throw new InvalidInputException(
            $"{Description}: tensor {OneLine.Quote(name)}{wanted} is missing; {OneLine.Nearest(name, Names)}");

    private static InvalidInputException Error(WeightInfo info, string name, string text) =>
        new($"{info.Location}: tensor {OneLine.Quote(name)}: {text}");
}

/// <summary>What is known of a tensor before it is read.</summary>
/// <param name="Shape">The sizes of the axes; a fresh array.</param>
/// <param name="Type">The element type.</param>
/// <param name="Count">The number of elements.</param>
/// <param name="Location">The file that holds it, or where else it comes from.</param>
internal readonly record struct WeightInfo(int[] Shape, SafetensorsType Type, long Count, string Location);
