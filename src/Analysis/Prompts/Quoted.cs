using System.Text;

namespace Interp.Analysis;

/// <summary>Texts in messages.</summary>
internal static class Quoted
{
    /// <summary>A token's text in quotes, so that spaces are seen; control characters are escaped.</summary>
    public static string Token(string text)
    {
        StringBuilder shown = new("'");
        foreach (char c in text)
        {
            shown.Append(c switch
            {
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                _ when char.IsControl(c) => $"\\u{(int)c:x4}",
                _ => c.ToString(),
            });
        }

        return shown.Append('\'').ToString();
    }
}
