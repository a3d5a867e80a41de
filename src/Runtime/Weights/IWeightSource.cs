namespace Interp.Runtime.Weights;

/// <summary>
/// Named tensors that a model is loaded from. Every tensor must be read or ignored on purpose: a checkpoint with a tensor that
/// the model does not know is another model than the one that would run.
/// </summary>
public interface IWeightSource
{
    /// <summary>Where the weights come from, for messages and reports.</summary>
    string Description { get; }

    /// <summary>The SHA-256 of the weights in lower-case hexadecimal; computed when first asked for.</summary>
    string Sha256 { get; }

    /// <summary>The names of all tensors.</summary>
    IEnumerable<string> Names { get; }

    /// <summary>The types in which the tensors are stored, the type with the most bytes first.</summary>
    IReadOnlyList<StoredType> Stored { get; }

    /// <summary>The tensors that were neither read nor ignored, in the order of <see cref="Names"/>.</summary>
    IReadOnlyList<string> Unused { get; }

    /// <summary>Whether there is a tensor of this name.</summary>
    /// <param name="name">The name.</param>
    /// <returns>True when <see cref="Read"/> would find it.</returns>
    bool Contains(string name);

    /// <summary>The shape of a tensor; asking does not count as use.</summary>
    /// <param name="name">The name.</param>
    /// <returns>The sizes of the axes, outermost first.</returns>
    /// <exception cref="InvalidInputException">There is no such tensor; the message has the nearest names.</exception>
    int[] ShapeOf(string name);

    /// <summary>Reads a floating point tensor as float32 and marks it as used.</summary>
    /// <param name="name">The name.</param>
    /// <param name="expectedShape">The shape it must have; no numbers at all means a scalar.</param>
    /// <returns>A new array with the elements, row-major.</returns>
    /// <exception cref="InvalidInputException">
    /// There is no such tensor (with the nearest names), its shape differs (with expected and found) or it holds no floats.
    /// </exception>
    float[] Read(string name, params int[] expectedShape);

    /// <summary>As <see cref="Read"/>, without a copy where the source has the numbers in a format that products take.</summary>
    /// <param name="name">The name.</param>
    /// <param name="expectedShape">The shape it must have.</param>
    /// <returns>The tensor, to be used before the source is closed.</returns>
    internal WeightView View(string name, params int[] expectedShape) => WeightView.Of(Read(name, expectedShape));

    /// <summary>Marks tensors as known and not needed, such as the causal masks that old checkpoints carry.</summary>
    /// <param name="predicate">Asked once for every name.</param>
    void Ignore(Func<string, bool> predicate);

    /// <summary>Makes sure that nothing was left out.</summary>
    /// <exception cref="InvalidInputException">Some tensors were neither read nor ignored; up to five are named.</exception>
    void ThrowIfUnused();
}
