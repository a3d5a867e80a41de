using System.Diagnostics.CodeAnalysis;

namespace Interp.Analysis;

/// <summary>What tables look up of a record by its name, so that trimming keeps it.</summary>
public static class RecordMembers
{
    /// <summary>The constructor and the properties.</summary>
    public const DynamicallyAccessedMemberTypes Needed =
        DynamicallyAccessedMemberTypes.PublicConstructors | DynamicallyAccessedMemberTypes.PublicProperties;
}
