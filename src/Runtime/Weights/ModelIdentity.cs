namespace Interp.Runtime;

/// <summary>Which weights a model has. Results and recorded runs keep it, and not the weights with it.</summary>
public sealed class ModelIdentity
{
    private readonly Lazy<string> _sha256;
    private readonly ModelIdentity? _origin;

    internal ModelIdentity(string name, Lazy<string> sha256, ModelIdentity? origin = null) => (Name, _sha256, _origin) = (name, sha256, origin);

    /// <summary>Where the model came from.</summary>
    public string Name { get; }

    /// <summary>
    /// SHA-256, lower-case hexadecimal: of the files that were loaded, in the background from when they were loaded; of weights that were made
    /// in memory over their names, shapes and float32 values, computed when first asked for.
    /// </summary>
    /// <exception cref="InvalidInputException">The files were edited before it was computed, so that it could be of other weights.</exception>
    public string Sha256 => _sha256.Value;

    /// <summary><see cref="Sha256"/> of the model whose weights these were made from, such as by weight processing; null for others.</summary>
    public string? DerivedFrom => _origin?.Sha256;
}
